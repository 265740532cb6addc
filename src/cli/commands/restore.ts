import { Option } from 'commander';
import type { Command } from 'commander';
import type { RestoreOutcome } from '../../daemon/backups.js';
import type { Surroundings } from '../client/client-command.js';
import { storageCommand } from '../client/storage-command.js';

const NOTES = `The daemon must not run. Fencing tokens go on growing: above those that the folder's revision.high knows of, or,
where that is lost, far above all. So keep that file where it is, and never put one back. What was written since the
backup is lost; locks of then are held again, until their leases, which begin anew, are renewed or end.`;

export function restoreCommand(surroundings: Surroundings): Command {
  const command = storageCommand(surroundings, {
    name: 'restore',
    description: 'Put a backup in the place of the embedded storage on this machine.',
    notes: NOTES,
    examples: [
      ['restore /backup/locks', 'into an empty folder'],
      ['restore --replace /backup/locks', 'in the place of the data that are there'],
    ],
    run: async (config, file, { replace = false }, print) => {
      const { restoreFrom } = await import('../../daemon/backups.js');
      const outcome = await restoreFrom(config, file, { pid: process.pid, replace });
      print(outcome, textOf(outcome));
    },
  });
  return command.addOption(new Option('--replace', 'also if there are data, which are then gone'));
}

function textOf(outcome: RestoreOutcome): string {
  const { folder, revision, entries, leases, restoredAs, isFarAhead, movedTo } = outcome;
  return [
    `${folder}: as of revision ${revision}, ${entries} keys, ${leases} leases; its revision is ${restoredAs}`,
    isFarAhead
      ? 'revision.high was missing or damaged: fencing tokens go on far above all earlier ones'
      : 'fencing tokens go on above those that revision.high knows of',
    ...(movedTo === undefined ? [] : [`what could not be opened is in ${movedTo}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
