import type { Clock, Timer } from '../../clock/clock.js';
import { Fault, unavailable } from '../../core/errors.js';
import { closedFault } from './endpoints.js';

/** Beyond them etcd only makes a longer line of its own, in which they run into their deadlines. */
const MAX_UNDER_WAY = 128;
const MAX_WAITING = 20_000;
/** Whoever has waited too long is told so at most so much later, in milliseconds. */
const EXPIRY_STEP_MS = 20;

interface Waiting {
  readonly dueMs: number;
  resolve(): void;
  reject(fault: Fault): void;
}

/** Lets a bounded number of calls go to etcd at a time. The others wait here, first come, first served, and not for ever. */
export class Turnstile {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #closing: AbortSignal;
  /** In the order of arrival. */
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;
  #expiry: Timer | undefined;

  /** @param waitMs how long a call may wait for its turn. @param closing once it is aborted nobody waits any more. */
  constructor(clock: Clock, waitMs: number, closing: AbortSignal) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#closing = closing;
    closing.addEventListener('abort', () => this.#refuse(closedFault, Infinity), { once: true });
  }

  /** @throws Fault RESOURCE_EXHAUSTED if too many wait; UNAVAILABLE if its turn did not come: it was not called. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#underWay >= MAX_UNDER_WAY) await this.#turn();
    else this.#underWay += 1;
    try {
      return await call();
    } finally {
      this.#next();
    }
  }

  #turn(): Promise<void> {
    if (this.#closing.aborted) return Promise.reject(closedFault());
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      this.#waiting.add({ dueMs: this.#clock.now() + this.#waitMs, resolve, reject });
      this.#expireLater();
    });
  }

  /** Whoever leaves gives its turn to the next. */
  #next(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.resolve();
  }

  #expireLater(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#expiry !== undefined) return;
    const delayMs = Math.max(EXPIRY_STEP_MS, first.dueMs - this.#clock.now());
    this.#expiry = this.#clock.timer(delayMs, () => {
      this.#expiry = undefined;
      this.#refuse(notInTime, this.#clock.now());
      this.#expireLater();
    });
  }

  /** Those who are due by then. */
  #refuse(why: () => Fault, dueMs: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > dueMs) return;
      this.#waiting.delete(waiting);
      waiting.reject(why());
    }
  }
}

function notInTime(): Fault {
  return unavailable('etcd does not keep up; nothing was applied', undefined, 'STORE_BUSY');
}

function tooMany(): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    `${MAX_WAITING} grants and revocations wait for etcd already`,
    { reason: 'STORE_BUSY', retryAfterMs: 1000 },
  );
}
