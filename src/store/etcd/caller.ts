import type { CallOptions } from '@grpc/grpc-js';
import type { Clock } from '../../clock/clock.js';
import type { Connection } from './connection.js';
import type { Endpoints } from './endpoints.js';
import type { EtcdObserver } from './options.js';
import type { Answer, RaftTerm } from './raft-term.js';
import { judge } from './verdict.js';

/** Sends one request; every one has a deadline. */
export type Send<T extends Answer> = (connection: Connection, options: CallOptions) => Promise<T>;

const MOST_FAIR_MS = 500;

export interface CallerSettings {
  readonly clock: Clock;
  readonly endpoints: Endpoints;
  readonly callTimeoutMs: number;
  /** Told of each answer. */
  readonly raftTerm: RaftTerm;
  readonly observe: EtcdObserver;
}

/** Unary calls: which member, how long, how often. What fails throws what `judge` reads. */
export class Caller {
  readonly callTimeoutMs: number;
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  readonly #raftTerm: RaftTerm;
  readonly #observe: EtcdObserver;
  /** A call that had less time than this says nothing about its connection if it got no answer in it. */
  readonly #fairMs: number;
  #lastSuccessMs = -Infinity;

  constructor(settings: CallerSettings) {
    this.callTimeoutMs = settings.callTimeoutMs;
    this.#fairMs = Math.min(MOST_FAIR_MS, settings.callTimeoutMs / 4);
    this.#clock = settings.clock;
    this.#endpoints = settings.endpoints;
    this.#raftTerm = settings.raftTerm;
    this.#observe = settings.observe;
  }

  /** When etcd last did what it was asked, on the monotonic clock. */
  get lastSuccessMs(): number {
    return this.#lastSuccessMs;
  }

  /** One attempt. `reachMs` is how long it may wait for a connection; by then it has not been sent. */
  async once<T extends Answer>(
    operation: string,
    send: Send<T>,
    reachMs: number,
    callMs: number,
  ): Promise<T> {
    const connection = await this.#endpoints.acquire(reachMs);
    return this.#on(connection, operation, send, callMs);
  }

  /** For calls that may be repeated: a second attempt, preferably at another member, if the first gets no answer. */
  async repeat<T extends Answer>(operation: string, send: Send<T>): Promise<T> {
    const startedMs = this.#clock.now();
    const first = await this.#endpoints.acquire(this.callTimeoutMs);
    const leftMs = (): number => Math.max(1, startedMs + this.callTimeoutMs - this.#clock.now());
    try {
      return await this.#on(first, operation, send, leftMs() / 2);
    } catch (error) {
      if (judge(error).kind !== 'no answer') throw error;
    }
    const second = await this.#endpoints.acquireOther(first, leftMs());
    return this.#on(second, operation, send, leftMs());
  }

  async #on<T extends Answer>(
    connection: Connection,
    operation: string,
    send: Send<T>,
    callMs: number,
  ): Promise<T> {
    const startedMs = this.#clock.now();
    const options = { deadline: this.#clock.wall() + callMs };
    try {
      const answer = await send(connection, options);
      this.#endpoints.answered(connection);
      this.#raftTerm.see(answer);
      this.#lastSuccessMs = this.#clock.now();
      this.#observe(operation, (this.#lastSuccessMs - startedMs) / 1000, true);
      return answer;
    } catch (error) {
      const verdict = judge(error);
      if (verdict.kind !== 'no answer') this.#endpoints.answered(connection);
      else if (!verdict.timedOut || callMs >= this.#fairMs) {
        this.#endpoints.failed(connection, startedMs, verdict.timedOut);
      }
      this.#observe(operation, (this.#clock.now() - startedMs) / 1000, false);
      throw error;
    }
  }
}
