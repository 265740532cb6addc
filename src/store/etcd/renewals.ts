import type { Clock, Timer } from '../../clock/clock.js';
import { Fault, unavailable } from '../../core/errors.js';
import type { LeaseId } from '../../core/lease-id.js';
import type { Acknowledgements } from './acknowledgements.js';
import { closedFault, type Endpoints } from './endpoints.js';
import { KeepAliveStream } from './keepalive-stream.js';
import type { EtcdObserver } from './options.js';
import type { Answer, RaftTerm } from './raft-term.js';
import { TermDoubt } from './term-doubt.js';

const MAX_IN_FLIGHT = 100_000;
const SWEEP_MS = 100;
/** The longest that a renewal waits on one stream, in milliseconds. */
const HEDGE_MS = 1000;
const HEDGE_SHARE_OF_TTL = 5;
/** Streams kept for late answers. */
const MAX_STREAMS = 4;
const REOPEN_MS = 50;
/** Between two questions to the same member while it is behind. */
const ASK_AGAIN_MS = 500;

interface Renewal {
  readonly id: LeaseId;
  readonly startedMs: number;
  readonly hedgeMs: number;
  sentMs: number;
  sentOn: Stream | undefined;
  /** Its member was behind: what it answered is not believed. */
  doubted: Stream | undefined;
  /** Not sent again before. */
  againMs: number;
  settled: boolean;
  resolve(ttlSeconds: number): void;
  reject(fault: Fault): void;
}

type Stream = KeepAliveStream<Renewal>;

export interface RenewalsSettings {
  readonly clock: Clock;
  readonly endpoints: Endpoints;
  readonly callTimeoutMs: number;
  readonly acknowledgements: Acknowledgements;
  readonly raftTerm: RaftTerm;
  readonly observe: EtcdObserver;
}

/**
 * Renews leases over one stream. A member whose leader is stuck holds up all that comes over a stream, itself
 * being healthy; therefore what is not answered soon is sent again over a new stream at another member, and so
 * on until somebody answers. The first answer counts. The newest stream carries what comes next.
 *
 * A leader that has been replaced, and does not know it yet, still answers renewals, of which its successor never hears.
 * So an answer of an earlier term of raft than is known is not believed, but the renewal sent again another way.
 */
export class Renewals {
  readonly #settings: RenewalsSettings;
  /** In the order they began. */
  readonly #pending = new Set<Renewal>();
  /** Oldest first; the last carries what is sent. */
  readonly #streams: Stream[] = [];
  readonly #termDoubt: TermDoubt;
  #isOpening = false;
  #sweep: Timer | undefined;
  #closed = false;

  constructor(settings: RenewalsSettings) {
    this.#settings = settings;
    this.#termDoubt = new TermDoubt(settings.clock, settings.raftTerm);
  }

  /**
   * @returns the TTL in seconds; 0 if the member that answered knows no such lease.
   * @throws Fault UNAVAILABLE if nobody answers within the call timeout: the lease may well live on.
   */
  renew(id: LeaseId): Promise<number> {
    if (this.#closed) return Promise.reject(closedFault());
    if (this.#pending.size >= MAX_IN_FLIGHT) {
      const message = `${MAX_IN_FLIGHT} renewals wait for etcd already`;
      return Promise.reject(new Fault('RESOURCE_EXHAUSTED', message, { retryAfterMs: 1000 }));
    }
    const nowMs = this.#settings.clock.now();
    const ttlSeconds = this.#settings.acknowledgements.ttlSecondsOf(id) ?? Infinity;
    return new Promise((resolve, reject) => {
      const renewal: Renewal = {
        id,
        startedMs: nowMs,
        hedgeMs: Math.min(HEDGE_MS, (ttlSeconds * 1000) / HEDGE_SHARE_OF_TTL),
        sentMs: nowMs,
        sentOn: undefined,
        doubted: undefined,
        againMs: nowMs,
        settled: false,
        resolve,
        reject,
      };
      this.#pending.add(renewal);
      this.#send(renewal);
      this.#sweepLater();
    });
  }

  close(): void {
    this.#closed = true;
    this.#sweep?.cancel();
    for (const renewal of this.#pending) this.#fail(renewal, closedFault());
    for (const stream of this.#streams.splice(0)) stream.close();
  }

  #send(renewal: Renewal): void {
    const stream = this.#streams.at(-1);
    if (stream === undefined) {
      this.#open(undefined);
      return;
    }
    renewal.sentOn = stream;
    renewal.sentMs = this.#settings.clock.now();
    stream.send(renewal);
  }

  /** Opens a stream, at another member than `than` if there is one, and sends on it what waits for it. */
  #open(than: Stream | undefined): void {
    if (this.#closed || this.#isOpening) return;
    this.#isOpening = true;
    void this.#connect(than).finally(() => (this.#isOpening = false));
  }

  async #connect(than: Stream | undefined): Promise<void> {
    const { endpoints, callTimeoutMs } = this.#settings;
    let stream: Stream;
    try {
      const connection =
        than === undefined
          ? await endpoints.acquire(callTimeoutMs)
          : await endpoints.acquireOther(than.connection, callTimeoutMs);
      const wire = await connection.openKeepAlive();
      stream = new KeepAliveStream<Renewal>(connection, wire, {
        answered: (renewal, ttlSeconds, answer) => {
          if (this.#isBelieved(renewal, stream, answer)) this.#answered(renewal, ttlSeconds);
        },
        ended: (unanswered) => this.#ended(stream, unanswered),
      });
    } catch {
      // Out of reach, or not let in. The sweep tries again as long as a renewal waits.
      return;
    }
    if (this.#closed) {
      stream.close();
      return;
    }
    this.#streams.push(stream);
    if (this.#streams.length > MAX_STREAMS) this.#streams[0]?.close();
    for (const renewal of this.#pending) {
      if (renewal.sentOn === undefined || this.#isOverdue(renewal)) this.#send(renewal);
    }
  }

  /** If not, it is sent again: to another member, or after a while to the same one. */
  #isBelieved(renewal: Renewal, stream: Stream, answer: Answer): boolean {
    const { endpoints, clock } = this.#settings;
    const { doubted, settled } = renewal;
    if (settled) return false;
    const isSame = doubted?.connection === stream.connection && endpoints.areSeveral;
    const isOther = doubted !== undefined && !isSame;
    if (this.#termDoubt.isBelieved(answer, stream.connection, isOther)) return true;
    renewal.doubted = stream;
    renewal.againMs = clock.now() + (isSame ? ASK_AGAIN_MS : 0);
    if (renewal.sentOn === stream) renewal.sentOn = undefined;
    this.#sweepLater();
    return false;
  }

  #answered(renewal: Renewal, ttlSeconds: number): void {
    renewal.settled = true;
    this.#pending.delete(renewal);
    const { id, startedMs } = renewal;
    if (ttlSeconds > 0) this.#settings.acknowledgements.renewed(id, ttlSeconds, startedMs);
    this.#observe(renewal, true);
    renewal.resolve(ttlSeconds);
  }

  #ended(stream: Stream, unanswered: readonly Renewal[]): void {
    const at = this.#streams.indexOf(stream);
    if (at >= 0) this.#streams.splice(at, 1);
    let orphans = 0;
    for (const renewal of unanswered) {
      if (renewal.settled || renewal.sentOn !== stream) continue;
      renewal.sentOn = undefined;
      orphans += 1;
    }
    if (orphans === 0 || this.#closed) return;
    this.#settings.clock.timer(REOPEN_MS, () => this.#sendOrphans());
  }

  #sendOrphans(): void {
    for (const renewal of this.#pending) {
      if (renewal.sentOn === undefined) this.#send(renewal);
    }
  }

  #sweepLater(): void {
    if (this.#closed) return;
    this.#sweep ??= this.#settings.clock.timer(SWEEP_MS, () => {
      this.#sweep = undefined;
      this.#sweepNow();
    });
  }

  #sweepNow(): void {
    const { clock, callTimeoutMs } = this.#settings;
    const nowMs = clock.now();
    const newest = this.#streams.at(-1);
    let stuck = false;
    for (const renewal of this.#pending) {
      if (nowMs - renewal.startedMs >= callTimeoutMs) {
        this.#fail(renewal, unavailable('etcd did not answer; the lease may live on'));
      } else if (this.#isToSend(renewal) || this.#isOverdue(renewal)) {
        const last = renewal.sentOn ?? renewal.doubted;
        if (newest !== undefined && last === newest) stuck = true;
        else this.#send(renewal);
      }
    }
    if (stuck) this.#open(newest);
    this.#dropIdle();
    if (this.#pending.size > 0) this.#sweepLater();
  }

  #isToSend({ sentOn, againMs }: Renewal): boolean {
    return sentOn === undefined && againMs <= this.#settings.clock.now();
  }

  #isOverdue({ sentOn, sentMs, hedgeMs }: Renewal): boolean {
    return sentOn !== undefined && this.#settings.clock.now() - sentMs >= hedgeMs;
  }

  /** A stream that was passed over, and has nothing more to say. */
  #dropIdle(): void {
    for (const stream of this.#streams.slice(0, -1)) {
      if (stream.isIdle) stream.close();
    }
  }

  #fail(renewal: Renewal, fault: Fault): void {
    renewal.settled = true;
    this.#pending.delete(renewal);
    this.#observe(renewal, false);
    renewal.reject(fault);
  }

  #observe(renewal: Renewal, ok: boolean): void {
    const { clock, observe } = this.#settings;
    observe('renew', (clock.now() - renewal.startedMs) / 1000, ok);
  }
}
