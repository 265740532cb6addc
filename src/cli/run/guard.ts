/**
 * A process of its own, that kills the command of `shared-lock run` when its time is over. `run` renews the lock and tells
 * until when it holds. So the command can't outlive the lock, even if `run` is killed, or stopped, or hangs: the channel
 * closes, or no later time is told. If `run` is gone, the guard gives the lock back too, once nothing of the command is left.
 *
 * It is in a session of its own, so that a terminal's signals don't reach it, and ignores the others: only `run` has a say.
 * Its argument is the mark of the command.
 */
import { endAtDefects } from '../defect.js';
import { untilDone } from '../until-done.js';
import type { CommandLine } from './command-line.js';
import { giveBack } from './give-back.js';
import type { GiveBack } from './give-back.js';
import { marked, MarkedProcesses } from './marked-processes.js';
import type { FromGuard, ToGuard } from './messages.js';
import { ProcessGroup } from './process-group.js';
import { endLeftovers, killAll } from './processes.js';
import type { Processes } from './processes.js';
import { startCommand } from './start-command.js';

const MAX_TIMER_MS = 2 ** 31 - 1;
const IGNORED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

const [, , mark = ''] = process.argv;
/** What is to be killed: before the command is known as well. Nothing once it is over. */
let processes: Processes | undefined = new MarkedProcesses(mark);
let held: GiveBack | undefined;
let untilNs = 0n;
let timer: NodeJS.Timeout | undefined;

endAtDefects('the guard of the command');
for (const signal of IGNORED) process.on(signal, () => undefined);
process.on('message', (message) => {
  receive(message as ToGuard); // nobody else has this end of the channel
});
process.once('disconnect', () => void untilDone(left()));
// However it ends, the command ends with it.
process.on('exit', kill);
// The channel may have closed before anybody listened to it: then there is no event any more.
if (!process.connected) process.exit();
tell({ kind: 'ready' });

function receive(message: ToGuard): void {
  switch (message.kind) {
    case 'held':
      held = message.giveBack;
      return;
    case 'start':
      setLimit(BigInt(message.untilNs));
      // Not before all is read that came behind it: the end of the channel, which means that `run` is gone, or a later time.
      setImmediate(startInTime, message.line);
      return;
    case 'watch':
      processes = new MarkedProcesses(mark, { root: message.pid });
      setLimit(BigInt(message.untilNs));
      return;
    case 'until':
      setLimit(BigInt(message.untilNs));
      return;
    case 'done':
      [processes, held] = [undefined, undefined];
  }
}

function startInTime(line: CommandLine): void {
  if (!process.connected) return;
  if (process.hrtime.bigint() >= untilNs) {
    tell({ kind: 'ended', code: null, signal: 'SIGKILL' });
    return;
  }
  startCommand(
    line,
    { env: marked(process.env, mark), isDetached: true },
    {
      started: (pid) => {
        processes = new ProcessGroup(pid);
        tell({ kind: 'started', pid });
      },
      failed: (code) => tell({ kind: 'failed', code }),
      exited: (code, signal) => void ended({ kind: 'ended', code, signal }),
    },
  );
}

async function ended(how: FromGuard): Promise<void> {
  if (processes !== undefined) await endLeftovers(processes);
  processes = undefined;
  tell(how);
}

/** `run` is gone. */
async function left(): Promise<void> {
  clearTimeout(timer);
  const isGone = processes === undefined || (await killAll(processes));
  if (isGone) processes = undefined;
  // What can't be killed may still work: then the lock lasts for its TTL.
  if (isGone && held !== undefined) await giveBack(held).catch(() => undefined);
  process.exit();
}

function setLimit(ns: bigint): void {
  untilNs = ns;
  clearTimeout(timer);
  const leftMs = Number(untilNs - process.hrtime.bigint()) / 1e6;
  timer = setTimeout(checkLimit, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS));
}

/** After a pause of this process the timer comes late, and a later time may be waiting behind it in the channel. */
function checkLimit(): void {
  if (process.hrtime.bigint() < untilNs) setLimit(untilNs);
  else if (processes !== undefined) void killAll(processes);
}

function kill(): void {
  processes?.signal('SIGKILL');
}

/** Without a callback a failed write would be an uncaught error; `run` is gone then, and `disconnect` says so. */
function tell(message: FromGuard): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
