import type { GiveBack } from './give-back.js';
import type { CommandLine } from './command-line.js';

/** What `run` tells its guard. Times are of the monotonic clock that all processes of a machine share, in nanoseconds. */
export type ToGuard =
  /** What to give back if `run` goes before it has said that it is done. Comes first. */
  | { readonly kind: 'held'; readonly giveBack: GiveBack }
  /** Run the command. */
  | { readonly kind: 'start'; readonly line: CommandLine; readonly untilNs: string }
  /** The command runs, as this process. */
  | { readonly kind: 'watch'; readonly pid: number; readonly untilNs: string }
  /** The lock was renewed: the command may run until then. */
  | { readonly kind: 'until'; readonly untilNs: string }
  /** The command is over, and `run` does the rest itself. */
  | { readonly kind: 'done' };

/** What the guard tells `run`. */
export type FromGuard =
  /** It listens: from now on nothing runs longer than `run`. Comes first. */
  | { readonly kind: 'ready' }
  /** The command runs, and leads the process group of this number. */
  | { readonly kind: 'started'; readonly pid: number }
  /** It can't be run; `code` is the system's, e.g. ENOENT. */
  | { readonly kind: 'failed'; readonly code: string }
  /** It has ended, and so has all that it left in its group; or its time was over before it was started. */
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };
