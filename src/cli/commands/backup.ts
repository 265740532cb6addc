import type { Command } from 'commander';
import type { Surroundings } from '../client/client-command.js';
import { storageCommand } from '../client/storage-command.js';

const NOTES = `The daemon may run, and serves meanwhile. The backup is what is true when it ends. For this user and root only, since it
holds lease IDs, as the file does (mode 0600). Of etcd make snapshots with etcdctl.`;

export function backupCommand(surroundings: Surroundings): Command {
  return storageCommand(surroundings, {
    name: 'backup',
    description: 'Make a backup of the embedded storage on this machine.',
    notes: NOTES,
    examples: [
      ['backup /backup/locks', 'of the folder that SHARED_LOCK_DATA_DIR names, or the default'],
      ['backup --data-dir /srv/locks /backup/locks', 'of another folder'],
    ],
    run: async (config, file, _flags, print) => {
      const { backUp } = await import('../../daemon/backups.js');
      const { revision, entries, leases } = await backUp(config, file, process.pid);
      print(
        { file, revision, entries, leases },
        `${file}: revision ${revision}, ${entries} keys, ${leases} leases\n`,
      );
    },
  });
}
