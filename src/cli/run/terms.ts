import type { CampaignOptions } from '../../client/elections/election-claim.js';
import type { Election } from '../../client/elections/election.js';
import { formatDuration } from '../../core/duration.js';
import { EXIT } from '../../core/exit-codes.js';
import type { ConnectionFlags } from '../client/connection-flags.js';
import { failureOf } from '../client/failure.js';
import type { CommandFailure } from '../client/failure.js';
import { exitCodeOfSignal, Interrupted, interruptible } from '../client/interrupt.js';
import { pause } from '../client/pause.js';
import { isNotRun } from './command-end.js';
import { runUnder } from './run-under.js';
import type { RunEnd } from './run-under.js';

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** After a command that ran for so long the pauses begin anew. */
const STEADY_MS = 60_000;

export interface TermsOptions {
  readonly campaign: CampaignOptions;
  /** How to reach the daemon, should this process be killed. */
  readonly connection: ConnectionFlags;
  /** One term, and no other. */
  readonly once: boolean;
  /** Says something to people. */
  readonly tell: (message: string) => void;
}

/** How a term ended. */
interface TermEnd extends RunEnd {
  readonly ranMs: number;
  /** Aborts with the signal to this process that came meanwhile. */
  readonly asked: AbortSignal;
}

/** How it went, for people, and how long to wait before the next try. */
interface Pause {
  readonly ms: number;
  /** In one line, with the name of the election before it. */
  readonly why: string;
}

/**
 * Stands for election, runs the command while it leads, and stands again after a pause when the term or the command has ended, or could
 * not be. Ends with the term if it is the only one; with a command that can't be run; and when a signal asks for it.
 * @throws Interrupted when a signal comes where no command runs; what `campaign` throws, if trying again does not help.
 */
export async function runTerms(
  election: Election,
  words: readonly string[],
  options: TermsOptions,
): Promise<TermEnd> {
  const { once, tell } = options;
  /** Of commands that ended by themselves, one soon after the other. */
  let ends = 0;
  let told: string | undefined;
  for (;;) {
    let next: Pause;
    try {
      const end = await interruptible((signal) => oneTerm(election, words, options, signal));
      if (once || isLast(end)) return end;
      told = undefined;
      if (end.isLost || end.ranMs >= STEADY_MS) ends = 0;
      next = pauseAfter(end, ends);
      if (!end.isLost) ends += 1;
    } catch (error) {
      const failure = failureOf(error);
      if (once || failure === undefined || !isPassing(failure)) throw error;
      next = { ms: FIRST_PAUSE_MS, why: `${failure.message}; ` };
    }
    await interruptible((signal) => {
      // In an outage not again and again.
      if (next.why !== told) {
        tell(`${titleOf(election.name)}: ${next.why}stands again in ${formatDuration(next.ms)}`);
      }
      told = next.why;
      return pause(next.ms, signal);
    });
  }
}

function pauseAfter({ isLost, exitCode }: TermEnd, ends: number): Pause {
  if (isLost) return { ms: FIRST_PAUSE_MS, why: '' };
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** ends, MAX_PAUSE_MS);
  return { ms, why: `the command ended with ${exitCode}, so this resigned, and ` };
}

async function oneTerm(
  election: Election,
  words: readonly string[],
  { campaign, connection, tell }: TermsOptions,
  signal: AbortSignal,
): Promise<TermEnd> {
  await using leadership = await election.campaign({ ...campaign, signal });
  // It came when there was nothing left to wait for; nothing runs yet.
  signal.throwIfAborted();
  const { name, term, lease } = leadership;
  const title = titleOf(name);
  tell(`${title} is won, in term ${term}`);
  const env = { SHARED_LOCK_ELECTION: name, SHARED_LOCK_TERM: String(term) };
  const startedAtMs = performance.now();
  const held = { title, lease, signal: leadership.signal };
  const end = await runUnder(held, words, { env, connection, tell });
  return { ...end, ranMs: performance.now() - startedAtMs, asked: signal };
}

function titleOf(name: string): string {
  return `election ${JSON.stringify(name)}`;
}

function isLast({ exitCode, isLost, asked }: TermEnd): boolean {
  // Daemons read their configuration anew at SIGHUP: a command that it did not end goes on in another term.
  if (asked.aborted) return !isLost || !isBySignal(asked, 'SIGHUP');
  return !isLost && isNotRun(exitCode);
}

function isBySignal({ reason }: AbortSignal, signal: NodeJS.Signals): boolean {
  return reason instanceof Interrupted && reason.exitCode === exitCodeOfSignal(signal);
}

/** The daemons, or their storage, are away, or have too much to do. */
function isPassing({ exitCode }: CommandFailure): boolean {
  return exitCode === EXIT.unavailable || exitCode === EXIT.tempFail;
}
