import type { Clock, Timer } from '../../clock/clock.js';
import type { CallDescriptors } from '../../protocol/call-descriptors.js';
import { SharedLockError } from '../errors.js';
import type { Renewal, RenewalWays } from '../keeping/renewer.js';
import type { TokenSource } from '../tokens/token-source.js';
import { isUnauthenticated } from '../tokens/token-use.js';
import type { Caller } from './caller.js';
import type { Endpoints } from './endpoints.js';
import { FreshTokens } from './fresh-tokens.js';
import { KeepAliveStream } from './keepalive-stream.js';
import type { KeepAliveStreamParts } from './keepalive-stream.js';
import type { Pool } from './pool.js';

/** Streams that renewals go over in turn, as each is doubted; to as many daemons, if there are. */
const WAYS = 3;
/** A stream that is doubted is exchanged for another, over a new connection, but not when it is younger. */
const REPLACED_AFTER_MS = 1000;
/** Streams that were exchanged, and are kept for the answers that they may still bring. */
const MAX_LEAVING = 4;
/** Who holds a lease for a moment only needs no ways. The first renewal is later, whatever the TTL. */
const WARM_AFTER_MS = 100;
const WARM_AGAIN_MS = 1000;
/** So long the ways stay open that are not needed any more: another lease may be kept soon. */
const SPARE_MS = 5000;
/** How long another token is looked for, when one was refused. */
const TOKEN_MS = 10_000;

/**
 * The way of all renewals of a client: one stream over a connection of its own, which nothing else can hold up. Once an
 * answer is late they go over another one, to the next daemon.
 */
export class RenewalLink implements RenewalWays {
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  readonly #tokens: TokenSource | undefined;
  readonly #fresh: FreshTokens | undefined;
  readonly #streamParts: KeepAliveStreamParts;
  readonly #streams: (KeepAliveStream | undefined)[] = Array.from({ length: WAYS });
  readonly #leaving: KeepAliveStream[] = [];
  /** Where renewals go now. */
  #way = 0;
  #lastPool: Pool | undefined;
  #isWarm = false;
  #opening: Timer | undefined;
  #warming: Timer | undefined;
  #cooling: Timer | undefined;
  #resting: Timer | undefined;

  constructor(parts: {
    readonly clock: Clock;
    readonly caller: Caller;
    readonly endpoints: Endpoints;
    readonly descriptors: CallDescriptors;
    readonly tokens?: TokenSource | undefined;
  }) {
    this.#clock = parts.clock;
    this.#endpoints = parts.endpoints;
    this.#tokens = parts.tokens;
    this.#fresh = parts.tokens && new FreshTokens(parts.clock, parts.tokens, () => this.#opened());
    this.#streamParts = {
      method: parts.caller.method('LeaseService', 'KeepAliveStream'),
      descriptors: parts.descriptors,
      clock: parts.clock,
      ended: (stream, failure) => this.#ended(stream, failure),
    };
  }

  renew(leaseId: string, timeoutMs: number, doubted: () => void): Renewal {
    this.#resting?.cancel();
    let stream: KeepAliveStream;
    try {
      stream = this.#open(this.#way);
    } catch (error) {
      if (!(error instanceof SharedLockError)) throw error;
      return { answer: Promise.reject(error), doubt: () => undefined };
    }
    return {
      answer: stream.renew(leaseId, timeoutMs, doubted),
      doubt: () => this.#doubt(stream),
    };
  }

  openIn(delayMs: number): void {
    if (this.#streams[this.#way] !== undefined) return;
    this.#opening ??= this.#clock.timer(delayMs, () => {
      this.#opening = undefined;
      // Where there is no way to a daemon for now, the renewal finds that out, and tries again.
      this.#tryToOpen(this.#way);
    });
  }

  keepWarm(isNeeded: boolean): void {
    this.#isWarm = isNeeded;
    this.#cancelTimers();
    if (isNeeded) {
      this.#warmIn(WARM_AFTER_MS);
      return;
    }
    this.#cooling = this.#clock.timer(SPARE_MS, () => {
      this.#streams.forEach((stream, way) => {
        if (way !== this.#way) stream?.leave();
      });
    });
  }

  rest(): void {
    this.#cancelOpening();
    for (const stream of this.#opened()) stream.rest();
    this.#resting?.cancel();
    this.#resting = this.#clock.timer(SPARE_MS, () => this.close());
  }

  /** Closes the streams; the next renewal opens another one. */
  close(): void {
    this.#cancelTimers();
    this.#cancelOpening();
    this.#fresh?.stop();
    this.#isWarm = false;
    this.#lastPool = undefined;
    for (const stream of this.#opened()) stream.close();
  }

  /** The next renewals go another way; those that this stream has not answered yet are told. */
  #doubt(stream: KeepAliveStream): void {
    if (this.#streams[this.#way] !== stream) return;
    this.#endpoints.failed(stream.pool);
    stream.pool.renew();
    this.#turn();
    stream.doubt();
  }

  #turn(): void {
    this.#way = this.#nextWay();
    this.#warm();
  }

  #nextWay(): number {
    return (this.#way + 1) % WAYS;
  }

  /** @throws SharedLockError if there is no way to a daemon for now. */
  #open(way: number): KeepAliveStream {
    const present = this.#streams[way];
    const token = this.#tokens?.latest();
    if (present !== undefined) {
      const isOld = this.#clock.now() - present.openedAtMs >= REPLACED_AFTER_MS;
      if (!present.isDoubted || !isOld) {
        if (token !== undefined && token !== present.token) present.show(token);
        return present;
      }
      this.#letGo(present, way);
    }
    const pool = this.#nextPool();
    this.#lastPool = pool;
    const stream = new KeepAliveStream(pool, token, this.#streamParts);
    this.#streams[way] = stream;
    this.#fresh?.start();
    return stream;
  }

  /** In turn; one that there is a way to, and that no stream goes to, if there is one, else one that is not doubted. */
  #nextPool(): Pool {
    if (this.#lastPool === undefined) return this.#endpoints.current;
    const all: Pool[] = [];
    for (let pool = this.#lastPool; all.length < this.#endpoints.count; all.push(pool)) {
      pool = this.#endpoints.after(pool);
    }
    const pools = all.filter(({ refusal }) => refusal === undefined);
    const streamTo = (pool: Pool): KeepAliveStream | undefined =>
      this.#streams.find((stream) => stream?.pool === pool);
    return (
      pools.find((pool) => streamTo(pool) === undefined) ??
      pools.find((pool) => streamTo(pool)?.isDoubted !== true) ??
      pools[0] ??
      this.#endpoints.after(this.#lastPool)
    );
  }

  #opened(): KeepAliveStream[] {
    return [...this.#streams, ...this.#leaving].filter((stream) => stream !== undefined);
  }

  #letGo(stream: KeepAliveStream, way: number): void {
    this.#streams[way] = undefined;
    this.#leaving.push(stream);
    stream.leave();
    if (this.#leaving.length > MAX_LEAVING) this.#leaving[0]?.close();
  }

  /** Opens the present stream, and the one that is next in turn, so that nothing waits for its connection then. */
  #warm(): void {
    if (!this.#isWarm || this.#warming !== undefined) return;
    const areOpen = this.#tryToOpen(this.#way) && this.#tryToOpen(this.#nextWay());
    if (!areOpen) this.#warmIn(WARM_AGAIN_MS);
  }

  /** @returns false if there is no way to a daemon for now. */
  #tryToOpen(way: number): boolean {
    try {
      this.#open(way);
      return true;
    } catch {
      return false;
    }
  }

  #warmIn(delayMs: number): void {
    this.#warming ??= this.#clock.timer(delayMs, () => {
      this.#warming = undefined;
      this.#warm();
    });
  }

  #cancelTimers(): void {
    for (const timer of [this.#warming, this.#cooling, this.#resting]) timer?.cancel();
    this.#warming = undefined;
  }

  #cancelOpening(): void {
    this.#opening?.cancel();
    this.#opening = undefined;
  }

  #ended(stream: KeepAliveStream, failure: SharedLockError | undefined): void {
    const left = this.#leaving.indexOf(stream);
    if (left >= 0) this.#leaving.splice(left, 1);
    const way = this.#streams.indexOf(stream);
    if (way >= 0) this.#streams[way] = undefined;
    if (failure === undefined) return;
    if (isUnauthenticated(failure)) this.#lookForToken(stream.token);
    else this.#endpoints.failed(stream.pool);
    if (way === this.#way && this.#streams[this.#nextWay()] !== undefined)
      this.#way = this.#nextWay();
    // Not at once: it may break again.
    if (this.#isWarm) this.#warmIn(WARM_AGAIN_MS);
  }

  /** The stream that the next renewal opens shows it; if that is refused too, who asked for the renewal is told. */
  #lookForToken(refused: string | undefined): void {
    this.#tokens?.another(refused, TOKEN_MS).catch(() => undefined);
  }
}
