import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { AcquireOnceOptions, Locks } from '../../client/locks/locks-api.js';
import { formatDuration } from '../../core/duration.js';
import { EXIT } from '../../core/exit-codes.js';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { Session, Surroundings } from '../client/client-command.js';
import { FLAGS, positive, waitMs } from '../client/flags.js';
import { LEASE_NOTES, leaseOption, optionalLease, requiredLease } from '../client/inputs.js';
import { NameArgument } from '../completion/name-argument.js';
import { heldBy, HOLDER_COLUMNS, LOCK_COLUMNS, lockEventLine } from '../output/locks.js';
import { renderTable } from '../output/table.js';
import { lockHold } from './lock-hold.js';
import { modeFlags, modeOf } from './modes.js';
import type { ModeFlags } from './modes.js';

const NAME = (): Argument => new NameArgument('lock', '<name>', "the lock's name");
const TOKEN = (what: string): Option => new Option('--token <token>', what).argParser(positive);

export function lockCommand(surroundings: Surroundings): Command {
  return commandGroup('lock', 'Take locks, look at them, and take them from others.', [
    lockHold(surroundings),
    acquire(surroundings),
    release(surroundings),
    get(surroundings),
    list(surroundings),
    watch(surroundings),
    check(surroundings),
    forceRelease(surroundings),
  ]);
}

interface AcquireFlags extends ModeFlags {
  readonly ttl?: number;
  readonly wait: number;
  readonly lease?: string;
  readonly owner?: string;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

function acquire(surroundings: Surroundings): Command {
  return clientCommand<AcquireFlags>(surroundings, {
    name: 'acquire',
    answer: 'LockService/Acquire',
    description: 'Take a lock, and print its lease. Exit code 75 if somebody else holds it.',
    arguments: [NAME()],
    options: [
      new Option('--wait <duration>', 'wait so long for it, at most 1h')
        .argParser(waitMs)
        .default(0, '0: answer at once'),
      FLAGS.ttl(),
      ...modeFlags(),
      leaseOption('a lease that shall hold it, instead of one of its own'),
      FLAGS.owner(),
      FLAGS.value(),
      FLAGS.labels(),
    ],
    notes:
      'To hold a lock until you end it, use "shared-lock lock hold"; while a command runs, "shared-lock run". Here nobody\n' +
      'renews it: it is over with its TTL, unless "shared-lock lease keepalive" renews its lease.\n' +
      LEASE_NOTES,
    examples: [
      ['lock acquire report --ttl 1m', 'try, and hold it for a minute'],
      ['lock acquire report --wait 30s -o json', 'wait in the queue; token and TTL as JSON'],
      ['lock acquire pool --limit 3', 'one of three permits'],
    ],
    run: (session, [name = ''], flags) => runAcquire(session, name, flags),
  });
}

async function runAcquire(session: Session, name: string, flags: AcquireFlags): Promise<number> {
  const { client, print, tell, signal } = session;
  const leaseId = await optionalLease(flags.lease);
  const tried = await client.locks.acquireOnce(name, {
    ...{ signal, waitMs: flags.wait, ...modeOf(flags) },
    ...acquireOptions(flags),
    ...(leaseId === undefined ? {} : { leaseId }),
  });
  if (tried.kind === 'held') {
    print.result('');
    tell(`lock ${JSON.stringify(name)} was not acquired: ${heldBy(tried.holders)}`);
    return EXIT.tempFail;
  }
  const { grant } = tried;
  print.result(`${grant.leaseId}\n`);
  tell(
    `lock ${JSON.stringify(name)} is yours for ${formatDuration(grant.ttlMs)}; fencing token ${grant.fencingToken}`,
  );
  return EXIT.ok;
}

function acquireOptions(flags: AcquireFlags): AcquireOnceOptions {
  const { ttl, owner, value, label } = flags;
  return {
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(owner === undefined ? {} : { owner }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  };
}

const RELEASE_EXAMPLE = 'lock release report --lease 7587862094738953218';

function release(surroundings: Surroundings): Command {
  return clientCommand<{ readonly lease?: string; readonly token?: number }>(surroundings, {
    name: 'release',
    answer: 'LockService/Release',
    description: 'Give a lock back. Exit code 1 if its lease does not hold it.',
    arguments: [NAME()],
    options: [
      leaseOption('the lease that holds it').env('SHARED_LOCK_LEASE'),
      TOKEN('only if this is its fencing token'),
    ],
    notes: LEASE_NOTES,
    examples: [
      [RELEASE_EXAMPLE, 'what "lock acquire" printed'],
      ['lock release report --lease - < lease', 'the lease out of a file'],
    ],
    run: async ({ client, print, tell, signal }, [name = ''], { lease, token }) => {
      const leaseId = await requiredLease(lease, RELEASE_EXAMPLE);
      const released = await client.locks.release(name, {
        ...{ leaseId, signal },
        ...(token === undefined ? {} : { fencingToken: token }),
      });
      print.result('');
      tell(`lock ${JSON.stringify(name)} ${released ? 'is released' : 'was held by nobody'}`);
      return released ? EXIT.ok : EXIT.no;
    },
  });
}

function get(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'get',
    answer: 'LockService/GetLock',
    description: 'Show who holds a lock, and who waits for it.',
    arguments: [NAME()],
    examples: [['lock get report', 'a line for each holder and waiter']],
    run: async ({ client, print, signal }, [name = '']) => {
      const lock = await client.locks.get(name, { signal });
      const rows = [
        ...lock.holders.map((holder) => ({ kind: 'holder', holder }) as const),
        ...lock.waiters.map((waiter) => ({ kind: 'waiter', waiter }) as const),
      ];
      const text = rows.length === 0 ? 'nobody holds it\n' : renderTable(rows, HOLDER_COLUMNS);
      print.result(text);
    },
  });
}

interface ListFlags {
  readonly prefix?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly contested?: boolean;
}

function list(surroundings: Surroundings): Command {
  return clientCommand<ListFlags>(surroundings, {
    name: 'list',
    answer: 'LockService/ListLocks',
    description: 'List the locks that are held or waited for.',
    options: [
      FLAGS.prefix(),
      FLAGS.withLabels(),
      new Option('--contested', 'only those that somebody waits for'),
    ],
    examples: [
      ['lock list', 'all of them'],
      ['lock list --prefix batch/ --contested', 'where somebody waits'],
    ],
    run: ({ client, print, signal }, _, { prefix, label, contested }) => {
      const locks: ReturnType<Locks['list']> = client.locks.list({
        signal,
        ...(prefix === undefined ? {} : { prefix }),
        ...(label === undefined ? {} : { labels: label }),
        ...(contested === undefined ? {} : { contested }),
      });
      return print.list(locks, LOCK_COLUMNS);
    },
  });
}

function watch(surroundings: Surroundings): Command {
  return clientCommand<{ readonly from?: number }>(surroundings, {
    name: 'watch',
    answer: 'LockService/WatchLock',
    description: 'Show what happens to a lock, a line an event, until it is ended (Ctrl-C).',
    arguments: [NAME()],
    options: [FLAGS.fromRevision()],
    examples: [
      ['lock watch report', 'first its state, then every change'],
      ['lock watch report -o json', 'each event as one line of JSON'],
    ],
    run: async ({ client, print, signal }, [name = ''], { from = 0 }) => {
      for await (const event of client.locks.watch(name, { signal, fromRevision: from })) {
        print.event(lockEventLine(event));
      }
      signal.throwIfAborted();
    },
  });
}

function check(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'check',
    answer: 'LockService/CheckToken',
    description: 'Ask whether a fencing token is still the current one: exit code 0, or 1 if not.',
    arguments: [
      NAME(),
      new Argument('<token>', 'the fencing token of a grant').argParser(positive),
    ],
    examples: [
      ['lock check report 1042', 'before something that must not be done without the lock'],
    ],
    run: async ({ client, print, signal }, [name = '', token = '']) => {
      const answer = await client.locks.checkToken(name, Number(token), { signal });
      const now = answer.currentToken === 0 ? 'nobody holds it' : `${answer.currentToken} is`;
      print.result(answer.current ? 'current\n' : `not current: ${now}\n`);
      return answer.current ? EXIT.ok : EXIT.no;
    },
  });
}

function forceRelease(surroundings: Surroundings): Command {
  return clientCommand<{ readonly reason: string; readonly token?: number }>(surroundings, {
    name: 'force-release',
    answer: 'LockService/ForceRelease',
    description: 'Take a lock from its holders, who are told why. Exit code 1 if nobody held it.',
    arguments: [NAME()],
    options: [
      new Option('--reason <text>', 'for the holder and for the log').makeOptionMandatory(),
      TOKEN("only if this is the holder's fencing token"),
    ],
    notes:
      'Whoever holds the lock may go on working until it notices. Fencing tokens guard against that.',
    examples: [['lock force-release report --reason "host is gone"', 'an operator knows better']],
    run: async ({ client, print, tell, signal }, [name = ''], { reason, token }) => {
      const outcome = await client.locks.forceRelease(name, {
        ...{ reason, signal },
        ...(token === undefined ? {} : { fencingToken: token }),
      });
      const rows = outcome.holders.map((holder) => ({ kind: 'taken from', holder }) as const);
      print.result(outcome.released ? renderTable(rows, HOLDER_COLUMNS) : '');
      if (!outcome.released) tell(`lock ${JSON.stringify(name)} was held by nobody`);
      return outcome.released ? EXIT.ok : EXIT.no;
    },
  });
}
