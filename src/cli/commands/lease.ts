import { Option } from 'commander';
import type { Command } from 'commander';
import type { HolderOptions } from '../../client/options.js';
import { formatDuration } from '../../core/duration.js';
import { EXIT } from '../../core/exit-codes.js';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { Session, Surroundings } from '../client/client-command.js';
import { FLAGS } from '../client/flags.js';
import { pause } from '../client/pause.js';
import { LEASE_NOTES, leaseArgument, requiredLease } from '../client/inputs.js';
import { LEASE_COLUMNS, leaseEventLine } from '../output/leases.js';
import { renderTable } from '../output/table.js';

const SOME_ID = '7587862094738953218';

export function leaseCommand(surroundings: Surroundings): Command {
  return commandGroup('lease', 'Make leases, renew them, and look at them.', [
    create(surroundings),
    keepAlive(surroundings),
    revoke(surroundings),
    get(surroundings),
    list(surroundings),
    watch(surroundings),
  ]);
}

interface CreateFlags {
  readonly ttl?: number;
  readonly owner?: string;
  readonly label?: Readonly<Record<string, string>>;
}

function create(surroundings: Surroundings): Command {
  return clientCommand<CreateFlags>(surroundings, {
    name: 'create',
    answer: 'LeaseService/CreateLease',
    description: 'Make a lease for any number of locks, and print its ID.',
    options: [FLAGS.ttl(), FLAGS.owner(), FLAGS.labels()],
    notes: `It is over with its TTL unless "shared-lock lease keepalive" renews it.\n${LEASE_NOTES}`,
    examples: [
      ['lease create --ttl 1m', 'prints its ID'],
      ['lease create --label job=nightly -o json', 'ID and TTL as JSON'],
    ],
    run: async ({ client, print, signal }, _, { ttl, owner, label }) => {
      const options: HolderOptions = {
        signal,
        ...(ttl === undefined ? {} : { ttlMs: ttl }),
        ...(owner === undefined ? {} : { owner }),
        ...(label === undefined ? {} : { labels: label }),
      };
      const lease = await client.leases.create(options);
      print.result(`${lease.leaseId}\n`);
    },
  });
}

function keepAlive(surroundings: Surroundings): Command {
  return clientCommand<{ readonly follow?: boolean }>(surroundings, {
    name: 'keepalive',
    answer: 'LeaseService/KeepAlive',
    description: 'Renew a lease for its full TTL, once. Exit code 1 if it has ended.',
    arguments: [leaseArgument()],
    options: [
      new Option('--follow', 'go on every third of the TTL, until it has ended, or Ctrl-C'),
    ],
    notes: LEASE_NOTES,
    examples: [
      [`lease keepalive ${SOME_ID}`, 'prints the TTL'],
      ['lease keepalive --follow - < lease', 'keeps it as long as this runs'],
    ],
    run: (session, [lease], { follow = false }) => runKeepAlive(session, lease, follow),
  });
}

async function runKeepAlive(
  { client, print, signal }: Session,
  lease: string | undefined,
  follow: boolean,
): Promise<void> {
  const leaseId = await requiredLease(lease, `lease keepalive ${SOME_ID}`);
  for (;;) {
    const ttlMs = await client.leases.keepAlive(leaseId, { signal });
    print.event(formatDuration(ttlMs));
    if (!follow) return;
    await pause(ttlMs / 3, signal);
  }
}

function revoke(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'revoke',
    answer: 'LeaseService/RevokeLease',
    description: 'End a lease, and release all that it holds. Exit code 1 if it had ended.',
    arguments: [leaseArgument()],
    notes: LEASE_NOTES,
    examples: [[`lease revoke ${SOME_ID}`, 'its locks are free at once']],
    run: async ({ client, print, tell, signal }, [lease]) => {
      const revoked = await client.leases.revoke(
        await requiredLease(lease, `lease revoke ${SOME_ID}`),
        { signal },
      );
      print.result('');
      tell(revoked ? 'the lease is revoked' : 'the lease had ended before');
      return revoked ? EXIT.ok : EXIT.no;
    },
  });
}

function get(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'get',
    answer: 'LeaseService/GetLease',
    description: 'Show how long a lease has left, and what it holds. Exit code 1 if it has ended.',
    arguments: [leaseArgument()],
    notes: LEASE_NOTES,
    examples: [[`lease get ${SOME_ID}`, 'its time, owner and locks']],
    run: async ({ client, print, signal }, [given]) => {
      const lease = await client.leases.get(await requiredLease(given, `lease get ${SOME_ID}`), {
        signal,
      });
      print.result(renderTable([lease], LEASE_COLUMNS));
    },
  });
}

function list(surroundings: Surroundings): Command {
  return clientCommand<Pick<CreateFlags, 'owner' | 'label'>>(surroundings, {
    name: 'list',
    answer: 'LeaseService/ListLeases',
    description: 'List all leases, oldest first, without their IDs.',
    options: [new Option('--owner <text>', 'only those of this owner'), FLAGS.withLabels()],
    examples: [['lease list --label job=nightly', 'those with a label']],
    run: ({ client, print, signal }, _, { owner, label }) =>
      print.list(
        client.leases.list({
          signal,
          ...(owner === undefined ? {} : { owner }),
          ...(label === undefined ? {} : { labels: label }),
        }),
        LEASE_COLUMNS,
      ),
  });
}

function watch(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'watch',
    answer: 'LeaseService/WatchLease',
    description: 'Show what becomes of a lease, a line an event, until it has ended (exit code 1).',
    arguments: [leaseArgument()],
    notes: `Does not renew it.\n${LEASE_NOTES}`,
    examples: [['lease watch - < lease', 'that it lives, when it is in jeopardy, and its end']],
    run: async ({ client, print, signal }, [given]) => {
      const leaseId = await requiredLease(given, `lease watch ${SOME_ID}`);
      for await (const event of client.leases.watch(leaseId, { signal })) {
        print.event(leaseEventLine(event));
      }
      signal.throwIfAborted();
      return EXIT.no;
    },
  });
}
