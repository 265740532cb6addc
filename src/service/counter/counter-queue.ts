import { Fault, isFault, unavailable } from '../../core/errors.js';
import type { Store } from '../../store/store.js';
import type { DaemonLeases } from '../daemon-leases.js';
import { transact } from '../transaction.js';
import { batchSize, plan, readRefusal, type PendingWrite } from './counter-batch.js';
import { UNWRITTEN, type CounterState } from './counter-state.js';
import type { CounterWrite, CounterWritten } from './counter-write.js';

/** Refusals in a row, each because another daemon wrote first, before the writers are told to ask again. */
const MAX_REFUSALS = 100;

export interface CounterQueueParts {
  readonly store: Store;
  readonly daemonLeases: DaemonLeases;
}

/**
 * All writes of this daemon to one counter. One transaction is under way at a time; those that come meanwhile
 * share the next one, each with a value of its own. So many who add at once cost few transactions, and
 * compare-and-set fails only against other daemons.
 */
export class CounterQueue {
  readonly #parts: CounterQueueParts;
  readonly #key: string;
  #pending: PendingWrite[] = [];
  /** As of our last transaction: a guess, which the next one compares. */
  #state: CounterState = UNWRITTEN;
  #running: Promise<void> | undefined;

  constructor(parts: CounterQueueParts, key: string) {
    this.#parts = parts;
    this.#key = key;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  write(write: CounterWrite): Promise<CounterWritten> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...write, resolve, reject });
      this.#running ??= this.#run().finally(() => (this.#running = undefined));
    });
  }

  async #run(): Promise<void> {
    let refusals = 0;
    while (this.#pending.length > 0) {
      // Those who come in the same turn of the event loop go together.
      await Promise.resolve();
      const writes = this.#pending.splice(0, Math.max(1, batchSize(this.#pending)));
      try {
        const left = await this.#send(writes);
        // Where some got an answer, nobody was in the way of the others.
        refusals = left.length < writes.length ? 0 : refusals + 1;
        if (refusals > MAX_REFUSALS) {
          refuse(
            left,
            new Fault('ABORTED', 'the counter is written too often elsewhere; ask again'),
          );
        } else this.#pending.unshift(...left);
      } catch (error) {
        refusals = 0;
        refuse(writes, await this.#explain(error));
      }
    }
  }

  /** @returns those that must be tried again: another daemon wrote since. */
  async #send(writes: readonly PendingWrite[]): Promise<PendingWrite[]> {
    const planned = await plan(this.#key, this.#state, writes);
    const { members, refused, value, transaction } = planned;
    const done = await transact(this.#parts.store, transaction);
    if (!done.succeeded) {
      const { state, left } = readRefusal(done, planned);
      this.#state = state;
      return left;
    }
    if (members.length > 0) {
      this.#state = { value, modRevision: value === undefined ? 0 : done.revision };
    }
    for (const { write, written } of members) write.resolve(written);
    for (const { write, fault } of refused) write.reject(fault);
    return [];
  }

  /** No lease of a caller is in these transactions: if one has ended, it was ours. */
  async #explain(error: unknown): Promise<unknown> {
    if (!isFault(error, 'NOT_FOUND')) return error;
    // If that fails, the next write finds it ended again.
    await this.#parts.daemonLeases.replaceEnded().catch(() => undefined);
    return unavailable(
      'a lease of this daemon had ended; nothing was written; ask again',
      error,
      'DAEMON_LEASE_ENDED',
    );
  }
}

function refuse(writes: readonly PendingWrite[], error: unknown): void {
  for (const write of writes) write.reject(error);
}
