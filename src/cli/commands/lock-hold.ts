import { once } from 'node:events';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Lock } from '../../client/locks/lock.js';
import type { AcquireOptions } from '../../client/options.js';
import { EXIT } from '../../core/exit-codes.js';
import { clientCommand } from '../client/client-command.js';
import type { Session, Surroundings } from '../client/client-command.js';
import { CommandFailure, isNotAcquired } from '../client/failure.js';
import { FLAGS, waitMs } from '../client/flags.js';
import { ownName } from '../client/own-name.js';
import { NameArgument } from '../completion/name-argument.js';
import { modeFlags, modeOf } from './modes.js';
import type { ModeFlags } from './modes.js';

interface HoldFlags extends ModeFlags {
  readonly ttl?: number;
  readonly wait?: number;
  readonly owner?: string;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

export function lockHold(surroundings: Surroundings): Command {
  return clientCommand<HoldFlags>(surroundings, {
    name: 'hold',
    answer: 'LockService/Acquire',
    description: 'Take a lock, print its lease, and hold it until this is ended (Ctrl-C).',
    arguments: [new NameArgument('lock', '<name>', "the lock's name")],
    options: [
      new Option(
        '-w, --wait <duration>',
        'wait so long at most (default: until it is got)',
      ).argParser(waitMs),
      FLAGS.ttl(),
      ...modeFlags(),
      FLAGS.owner(),
      FLAGS.value(),
      FLAGS.labels(),
    ],
    notes:
      'It renews the lock, and releases it when a signal ends it. The lease is printed once the lock is there. If it is\n' +
      'lost, it ends at once, with exit code 70, before anybody else can have it. If it is killed, the lock is over\n' +
      'with its TTL. To hold a lock while a command runs, use "shared-lock run".',
    examples: [
      ['lock hold report', 'by hand, while something is repaired'],
      ['lock hold report --wait 10s -o json', 'its lease, token and TTL as JSON'],
    ],
    run: (session, [name = ''], flags) => runHold(session, name, flags),
  });
}

/** @throws Interrupted, as its usual end; CommandFailure if the lock is lost. */
async function runHold(session: Session, name: string, flags: HoldFlags): Promise<never> {
  const { print, tell, signal } = session;
  await using lock = await acquire(session, name, flags);
  // It came when there was nothing left to wait for; nobody has been told of the lock.
  signal.throwIfAborted();
  print.result(`${lock.lease.id}\n`);
  tell(`${lock.title} is yours until this ends; fencing token ${lock.fencingToken}`);
  const over = lock.signalWith(signal);
  if (!over.aborted) await once(over, 'abort');
  signal.throwIfAborted();
  const why: unknown = lock.signal.reason;
  throw new CommandFailure(EXIT.software, why instanceof Error ? why.message : String(why));
}

async function acquire(
  { client, print, signal }: Session,
  name: string,
  flags: HoldFlags,
): Promise<Lock> {
  const { wait = Infinity, owner = ownName(process.pid), ttl, value, label } = flags;
  const options: AcquireOptions = {
    ...{ waitMs: wait, owner, signal, ...modeOf(flags) },
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  };
  try {
    return await client.acquire(name, options);
  } catch (error) {
    // That others hold it is an answer too.
    if (isNotAcquired(error)) print.result('');
    throw error;
  }
}
