import { sleep, type Clock } from '../../clock/clock.js';
import { type Fault, leaseNotFound, unavailable } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Outcome, Revision, Transaction } from '../store.js';
import type { Caller } from './caller.js';
import type { DaemonLease } from './daemon-lease.js';
import type { EtcdLog } from './options.js';
import { recompute } from './recompute.js';
import {
  barRequest,
  dropRequest,
  foundMarker,
  initRequest,
  type Marker,
  lookRequest,
  writeRequest,
  writtenText,
} from './marker.js';
import { judge } from './verdict.js';
import type { TxnResponse } from './kv-messages.js';
import { revisionOf, toOutcome } from './wire.js';
import { within } from '../../clock/within.js';

export interface LaneSettings {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly daemonLease: DaemonLease;
  readonly log: EtcdLog;
  /** Aborted when the store closes. */
  readonly closing: AbortSignal;
  /** A marker key that was never used before. */
  newKey(): string;
}

/** How one sending of a batch ended. */
type Fate =
  | { readonly kind: 'answered'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'applied'; readonly revision: Revision }
  | { readonly kind: 'not applied' }
  | { readonly kind: 'unknown' };

/** More than any sequence of single faults needs; a lane never sends a batch endlessly. */
const MAX_SENDINGS = 8;
/** What was not applied is sent again for so many call timeouts: one, and another after it was lost. */
export const SEND_TIMEOUTS = 2;
/** An answer is waited for so many call timeouts, while the lane tries to find out what happened. */
const SETTLE_TIMEOUTS = 4;
const SETTLE_CALL_MS = 2000;
const SETTLE_PAUSE_MS = { first: 50, most: 1000 };

/**
 * A lane (D4): one request in flight, guarded by a marker key. Its marker is at `#revision` unless somebody else
 * changed it; 0 while it has none. If a request got no answer, the lane is *settling* until it knows what happened.
 */
export class Lane {
  readonly #settings: LaneSettings;
  #key: string;
  #lease: LeaseId | undefined;
  #revision: Revision = 0;
  #sequence = 0;
  #settling: Promise<Fate> | undefined;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
    this.#key = settings.newKey();
  }

  /**
   * Runs each transaction of the batch at most once, all in one request of etcd, or none.
   * They must be apart from each other. To be called only when the one before is done and the lane usable.
   * `onSettling` is called when the answer did not come, and the lane begins to find out what happened.
   * @throws Fault UNAVAILABLE, saying whether nothing was applied or nothing is known.
   * @throws Fault NOT_FOUND if a put names a lease that has ended.
   */
  async run(
    batch: readonly Transaction[],
    onSettling: () => void = () => undefined,
  ): Promise<readonly Outcome[]> {
    const { clock, caller } = this.#settings;
    const sendUntilMs = clock.now() + SEND_TIMEOUTS * caller.callTimeoutMs;
    for (let sending = 0; sending < MAX_SENDINGS; sending++) {
      const fate = await this.#send(batch, sendUntilMs, onSettling);
      if (fate.kind === 'answered') return fate.outcomes;
      if (fate.kind === 'applied') return this.#recompute(batch, fate.revision);
      if (fate.kind === 'unknown') throw outcomeUnknown();
      if (clock.now() >= sendUntilMs) break;
    }
    throw unavailable('etcd did not answer in time; nothing was applied');
  }

  /** Resolves when the lane may be used again: at once, unless it is settling. */
  async whenUsable(): Promise<void> {
    await this.#settling;
  }

  async #send(
    batch: readonly Transaction[],
    sendUntilMs: number,
    onSettling: () => void,
  ): Promise<Fate> {
    const { clock, caller, daemonLease } = this.#settings;
    const lease = await daemonLease.get();
    const leftMs = (): number =>
      Math.max(1, Math.min(caller.callTimeoutMs, sendUntilMs - clock.now()));
    if (!(await this.#prepare(lease, leftMs()))) return { kind: 'not applied' };
    const sequence = ++this.#sequence;
    const request = writeRequest(this.#key, lease, this.#revision, sequence, batch);
    let response: TxnResponse;
    try {
      response = await caller.once(
        'write',
        (connection, options) => connection.txn(request, options),
        leftMs(),
        caller.callTimeoutMs,
      );
    } catch (error) {
      return this.#afterFailure(error, lease, sequence, onSettling);
    }
    if (!response.succeeded) return this.#conclude(foundMarker(response), sequence);
    const revision = revisionOf(response);
    this.#revision = revision;
    const outcomes = batch.map((transaction, index) => {
      const nested = response.responses[index]?.response_txn;
      if (nested === undefined || nested === null)
        throw new TypeError('etcd answered too few transactions');
      return toOutcome(transaction, nested, revision);
    });
    return { kind: 'answered', outcomes };
  }

  /** Sees that the lane has a marker under this lease. False if it has none yet: try again. */
  async #prepare(lease: LeaseId, reachMs: number): Promise<boolean> {
    if (lease !== this.#lease) this.#startAnew(lease);
    if (this.#revision !== 0) return true;
    const { caller, daemonLease } = this.#settings;
    const request = initRequest(this.#key, lease);
    try {
      const response = await caller.once(
        'write',
        (connection, options) => connection.txn(request, options),
        reachMs,
        caller.callTimeoutMs,
      );
      const marker = response.succeeded ? undefined : foundMarker(response);
      if (marker?.kind === 'absent') return false;
      this.#revision = marker?.revision ?? revisionOf(response);
      return true;
    } catch (error) {
      const verdict = judge(error);
      if (verdict.kind === 'no answer') return false;
      if (verdict.kind !== 'refused' || verdict.reason !== 'lease not found') throw verdict.fault;
      await daemonLease.hasEnded(lease);
      return false;
    }
  }

  async #afterFailure(
    error: unknown,
    lease: LeaseId,
    sequence: number,
    onSettling: () => void,
  ): Promise<Fate> {
    const { clock, caller } = this.#settings;
    const verdict = judge(error);
    switch (verdict.kind) {
      case 'not sent':
        throw verdict.fault;
      case 'refused':
        // The caller's lease: were it ours, the marker would be gone, and the comparison false.
        throw verdict.reason === 'lease not found' ? leaseNotFound() : verdict.fault;
      case 'no space': {
        const fate = await this.#look(sequence);
        if (fate.kind === 'not applied') throw verdict.fault;
        return fate;
      }
      case 'no answer': {
        this.#settling = this.#settle(lease, sequence).finally(() => (this.#settling = undefined));
        onSettling();
        const boundMs = SETTLE_TIMEOUTS * caller.callTimeoutMs;
        return (await within(clock, boundMs, this.#settling)) ?? { kind: 'unknown' };
      }
    }
  }

  /**
   * Finds out what became of a write that got no answer, and bars it if it was not applied yet. It may be
   * repeated at will: only one bar can succeed, and each later one finds what the first left. Never rejects.
   */
  async #settle(lease: LeaseId, sequence: number): Promise<Fate> {
    const { clock, caller, daemonLease, closing } = this.#settings;
    const callMs = Math.min(SETTLE_CALL_MS, caller.callTimeoutMs);
    let drop = false;
    let pauseMs = SETTLE_PAUSE_MS.first;
    while (!closing.aborted) {
      const request = drop
        ? dropRequest(this.#key, this.#revision)
        : barRequest(this.#key, lease, this.#revision, sequence);
      try {
        const response = await caller.once(
          'settle',
          (connection, options) => connection.txn(request, options),
          callMs,
          callMs,
        );
        if (response.succeeded) {
          if (drop) this.#startAnew(lease);
          else this.#revision = revisionOf(response);
          return { kind: 'not applied' };
        }
        const marker = foundMarker(response);
        if (marker.kind === 'present') return this.#conclude(marker, sequence);
        // An earlier drop of ours, whose answer was lost; or else the daemon's lease ended and took it along.
        const byDrop = drop && !(await daemonLease.hasEnded(lease));
        this.#startAnew(lease);
        return { kind: byDrop ? 'not applied' : 'unknown' };
      } catch (error) {
        if (judge(error).kind === 'no space') drop = true;
      }
      await sleep(clock, pauseMs, closing);
      pauseMs = Math.min(pauseMs * 2, SETTLE_PAUSE_MS.most);
    }
    return { kind: 'unknown' };
  }

  /** etcd has done with the write, one way or the other: reading is enough. */
  async #look(sequence: number): Promise<Fate> {
    const key = this.#key;
    try {
      const response = await this.#settings.caller.repeat('settle', (connection, options) =>
        connection.txn(lookRequest(key), options),
      );
      const marker = foundMarker(response);
      if (marker.kind === 'present') return this.#conclude(marker, sequence);
    } catch (error) {
      this.#startAnew(this.#lease);
      throw outcomeUnknown(error);
    }
    // The daemon's lease took it along; before the write or after it, who knows.
    this.#startAnew(this.#lease);
    return { kind: 'unknown' };
  }

  /** What the marker that is there says about the write `sequence`, which can't be applied any more. */
  #conclude(marker: Marker, sequence: number): Fate {
    if (marker.kind === 'absent') {
      // The daemon's lease had ended before the write came, which was therefore refused.
      this.#startAnew(this.#lease);
      return { kind: 'not applied' };
    }
    this.#revision = marker.revision;
    if (marker.text !== writtenText(sequence)) return { kind: 'not applied' };
    return { kind: 'applied', revision: marker.revision };
  }

  /** A new key, so that nothing that is still under way for the old one can be taken for something else. */
  #startAnew(lease: LeaseId | undefined): void {
    this.#lease = lease;
    this.#revision = 0;
    this.#key = this.#settings.newKey();
  }

  /** Reads, so they are repeated until they succeed, as long as a caller waits for an answer. */
  async #recompute(batch: readonly Transaction[], revision: Revision): Promise<readonly Outcome[]> {
    const { clock, caller, log, closing } = this.#settings;
    const untilMs = clock.now() + SETTLE_TIMEOUTS * caller.callTimeoutMs;
    for (;;) {
      try {
        return await recompute(caller, batch, revision);
      } catch (error) {
        const verdict = judge(error);
        if (verdict.kind === 'refused' || clock.now() >= untilMs || closing.aborted) {
          log('warn', 'a write was applied, but what it found is lost', {
            cause: verdict.kind === 'refused' ? verdict.reason : verdict.kind,
          });
          throw outcomeUnknown(error);
        }
      }
      await sleep(clock, SETTLE_PAUSE_MS.first, closing);
    }
  }
}

export function outcomeUnknown(cause?: unknown): Fault {
  return unavailable(
    'etcd did not answer; whether the request was applied is not known',
    cause,
    'OUTCOME_UNKNOWN',
  );
}
