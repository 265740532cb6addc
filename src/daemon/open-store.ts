import type { Clock } from '../clock/clock.js';
import type { EtcdConfig, StorageConfig } from '../config/config.js';
import { keyLayout } from '../core/keys.js';
import type { Store } from '../store/store.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { dataLimit } from './data-limit.js';
import { etcdTlsReload } from './etcd-tls-reload.js';
import { readEtcdTls } from './pem.js';
import { storageFailure } from './start-error.js';

export interface StoreParts {
  readonly pid: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts when the daemon is to stop, also while the store is being opened. */
  readonly stopping: AbortSignal;
}

export interface OpenedStore {
  readonly store: Store;
  /** Reads the certificates of its connections again; never rejects. Undefined: it has none. */
  readonly reloadTls?: () => Promise<void>;
}

/**
 * Opens the engine that was chosen; the code of the others is never loaded.
 * @throws StartError if the engine can't be used; the reason of `stopping` if that aborts.
 */
export async function openStore(storage: StorageConfig, parts: StoreParts): Promise<OpenedStore> {
  try {
    return await open(storage, parts);
  } catch (error) {
    throw storageFailure(error, remedy(storage));
  }
}

async function open(storage: StorageConfig, parts: StoreParts): Promise<OpenedStore> {
  const { pid, clock, logger } = parts;
  switch (storage.type) {
    case 'memory': {
      const { MemoryStore } = await import('../store/memory/memory-store.js');
      logger.warn('storage is memory: everything is forgotten when the daemon ends');
      return { store: new MemoryStore({ clock, dataLimit: dataLimit(storage.dataBytes) }) };
    }
    case 'embedded': {
      const { EmbeddedStore } = await import('../store/embedded/embedded-store.js');
      const log = (message: string): void => {
        logger.warn(message);
      };
      const { folder } = storage;
      const limit = dataLimit(storage.dataBytes);
      return { store: await EmbeddedStore.open({ folder, pid, clock, log, dataLimit: limit }) };
    }
    case 'etcd':
      return openEtcd(storage.etcd, storage.keyPrefix, parts);
  }
}

async function openEtcd(
  { endpoints, auth, tls, callTimeoutMs }: EtcdConfig,
  keyPrefix: string,
  { clock, logger, metrics, stopping }: StoreParts,
): Promise<OpenedStore> {
  const material = tls === undefined ? undefined : await readEtcdTls(tls);
  const { EtcdStore } = await import('../store/etcd/etcd-store.js');
  const store = await EtcdStore.open({
    endpoints,
    clock,
    auth,
    callTimeoutMs,
    tls: material,
    daemonRoot: keyLayout(keyPrefix).daemonRoot,
    log: (level, message, fields) => {
      logger.log(level, message, fields);
    },
    observe: metrics.observeEtcd,
    stopping,
  });
  if (tls === undefined || material === undefined) return { store };
  return { store, reloadTls: etcdTlsReload(tls, material, store, logger) };
}

function remedy(storage: StorageConfig): string {
  return storage.type === 'embedded'
    ? 'set SHARED_LOCK_DATA_DIR (--data-dir) to a folder that this user may write'
    : 'see SHARED_LOCK_STORAGE_TYPE (--storage)';
}
