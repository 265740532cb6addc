/**
 * A process of its own, that runs the command for `shared-lock run`, and kills it when its time is over. `run` renews the
 * lock and tells until when it holds. So the command can't outlive the lock, even if `run` is killed, or stopped, or
 * hangs: the channel closes, or no later time is told.
 *
 * It is in a session of its own, so that a terminal's signals don't reach it, and ignores the others: only `run` has a say.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { endAtDefects } from '../defect.js';
import { groupIsGone, signalGroup } from './group.js';
import type { FromGuard, ToGuard } from './messages.js';

/** What the command leaves behind in its group has so long to end after a SIGTERM. */
const LEFTOVERS_MS = 1000;
const MAX_TIMER_MS = 2 ** 31 - 1;
const IGNORED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

let group: number | undefined;
let untilNs = 0n;
let timer: NodeJS.Timeout | undefined;

endAtDefects('the guard of the command');
for (const signal of IGNORED) process.on(signal, () => undefined);
process.on('message', (message) => {
  receive(message as ToGuard); // nobody else has this end of the channel
});
process.on('disconnect', () => process.exit());
// However it ends, the command ends with it.
process.on('exit', killGroup);
// The channel may have closed before anybody listened to it: then there is no event any more.
if (!process.connected) process.exit();
tell({ kind: 'ready' });

function receive(message: ToGuard): void {
  setLimit(BigInt(message.untilNs));
  // Not before all is read that came behind it: the end of the channel, which means that `run` is gone, or a later time.
  if (message.kind === 'start') setImmediate(startInTime, message.command, message.args);
}

function startInTime(command: string, args: readonly string[]): void {
  if (process.hrtime.bigint() < untilNs) start(command, args);
  else tell({ kind: 'ended', code: null, signal: 'SIGKILL' });
}

function start(command: string, args: readonly string[]): void {
  let child: ChildProcess;
  try {
    child = spawn(command, args, { stdio: 'inherit', detached: true });
  } catch (error) {
    // Some reasons are thrown, such as ENOTDIR; others are told.
    failed(error);
    return;
  }
  child.once('error', failed);
  const { pid } = child;
  if (pid === undefined) return;
  group = pid;
  tell({ kind: 'started', pid });
  void ended(child).then(tell);
}

function failed(error: unknown): void {
  const hasCode = error instanceof Error && 'code' in error;
  tell({ kind: 'failed', code: hasCode ? String(error.code) : 'UNKNOWN' });
}

async function ended(child: ChildProcess): Promise<FromGuard> {
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (...how) => resolve(how));
  });
  await endLeftovers();
  group = undefined;
  return { kind: 'ended', code, signal };
}

async function endLeftovers(): Promise<void> {
  if (group === undefined || !signalGroup(group, 'SIGTERM')) return;
  signalGroup(group, 'SIGCONT');
  if (await groupIsGone(group, LEFTOVERS_MS)) return;
  killGroup();
  await groupIsGone(group, LEFTOVERS_MS);
}

function setLimit(ns: bigint): void {
  untilNs = ns;
  clearTimeout(timer);
  const leftMs = Number(untilNs - process.hrtime.bigint()) / 1e6;
  timer = setTimeout(checkLimit, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS));
}

/** After a pause of this process the timer comes late, and a later time may be waiting behind it in the channel. */
function checkLimit(): void {
  if (process.hrtime.bigint() >= untilNs) killGroup();
  else setLimit(untilNs);
}

function killGroup(): void {
  if (group !== undefined) signalGroup(group, 'SIGKILL');
}

/** Without a callback a failed write would be an uncaught error; `run` is gone then, and `disconnect` says so. */
function tell(message: FromGuard): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
