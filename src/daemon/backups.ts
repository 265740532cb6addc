import { SystemClock } from '../clock/system-clock.js';
import type { Config } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import { readBackupFile } from '../store/embedded/backup-file.js';
import { restore, type Restored } from '../store/embedded/restore.js';
import { takeBackup } from '../store/embedded/take-backup.js';
import { StartError, storageFailure, systemCode } from './start-error.js';

/** What is in a backup. */
export interface BackupContent {
  readonly revision: number;
  readonly entries: number;
  readonly leases: number;
}

export interface RestoreOutcome extends BackupContent, Omit<Restored, 'revision'> {
  /** That the storage is at now. */
  readonly restoredAs: number;
  readonly folder: string;
}

/** Makes a backup of the embedded storage, whether its daemon runs or not. @throws StartError that says what to do. */
export async function backUp(config: Config, file: string, pid: number): Promise<BackupContent> {
  const folder = embeddedFolder(config);
  try {
    return contentOf((await takeBackup(folder, file, pid)).head);
  } catch (error) {
    throw failure(error, `the backup of ${folder} to ${file}`);
  }
}

/** Puts a backup in the place of the embedded storage, whose daemon must not run. @throws StartError that says what to do. */
export async function restoreFrom(
  config: Config,
  file: string,
  { pid, replace }: { readonly pid: number; readonly replace: boolean },
): Promise<RestoreOutcome> {
  const folder = embeddedFolder(config);
  try {
    const backup = await readBackupFile(file);
    const options = { folder, pid, replace, clock: new SystemClock() };
    const { revision: restoredAs, ...how } = await restore(backup, options);
    return { ...contentOf(backup.head), ...how, restoredAs, folder };
  } catch (error) {
    throw failure(error, `the restore of ${folder} from ${file}`);
  }
}

function contentOf({ revision, entries, leases }: BackupContent): BackupContent {
  return { revision, entries, leases };
}

function embeddedFolder({ storage }: Config): string {
  if (storage.type === 'embedded') return storage.folder;
  const instead =
    storage.type === 'etcd' ? 'make a snapshot of etcd: etcdctl snapshot save' : 'nothing is kept';
  throw new StartError(
    EXIT.config,
    `only the embedded storage has backups, and storage is ${storage.type}: ${instead}`,
  );
}

function failure(error: unknown, what: string): unknown {
  const known = storageFailure(error, `${what} needs it`);
  if (known instanceof StartError || systemCode(error) === undefined) return known;
  // Such as a connection that broke.
  return new StartError(EXIT.ioErr, `${what}: ${(error as Error).message}`, error);
}
