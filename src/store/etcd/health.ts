import { sleep, type Clock } from '../../clock/clock.js';
import { isFault } from '../../core/errors.js';
import type { StoreHealth } from '../store.js';
import type { Caller } from './caller.js';
import type { Endpoints } from './endpoints.js';
import { explain, isOurOwnDoing } from './verdict.js';

/** While there is no traffic, and no trouble. */
const PROBE_EVERY_MS = 2000;
/** After a probe that failed. A probe itself waits for a connection, and begins as soon as there is one. */
const PROBE_AGAIN_MS = 250;
/** How long one probe may take, in milliseconds. */
const PROBE_MS = 1500;
/** From a first probe that failed to the second: a restart of etcd that takes less is no outage. */
const SECOND_LOOK_MS = 1000;
const REASON_MS = 300;
const REASON_ATTEMPTS = 3;
/** Callers that wait for etcd to come back; more are refused at once. */
const MAX_WAITING = 10_000;
const STARTING: StoreHealth = { ready: false, detail: 'etcd has not been reached yet' };
const READY: StoreHealth = { ready: true, detail: '' };
const CLOSED: StoreHealth = { ready: false, detail: 'the store is closed' };

type Look = { readonly served: true } | { readonly served: false; readonly cause: unknown };
const SERVED: Look = { served: true };

export interface HealthSettings {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly endpoints: Endpoints;
  readonly closing: AbortSignal;
  /** As configured, for people. */
  readonly names: readonly string[];
  /** Any key; it is only ever read. */
  readonly probeKey: string;
}

/**
 * Knows whether etcd serves us: by the traffic; by a linearizable read every 2 s while there is none, and at once
 * when a connection is lost or a call gets no answer.
 */
export class Health {
  readonly #settings: HealthSettings;
  readonly #listeners: ((health: StoreHealth) => void)[] = [];
  readonly #waiting = new Set<(ready: boolean) => void>();
  #state: StoreHealth = STARTING;
  #troubleMs = -Infinity;
  #nap = new AbortController();

  constructor(settings: HealthSettings) {
    this.#settings = settings;
    settings.endpoints.onTrouble(() => {
      this.#troubleMs = settings.clock.now();
      this.#nap.abort();
    });
    settings.closing.addEventListener('abort', () => this.#nap.abort(), { once: true });
  }

  get state(): StoreHealth {
    return this.#state;
  }

  onChange(listener: (health: StoreHealth) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves to whether etcd serves us: at once if it does, else when it does again, or after `withinMs`. */
  whenReady(withinMs: number): Promise<boolean> {
    const { clock, closing } = this.#settings;
    if (this.#state.ready) return Promise.resolve(true);
    if (closing.aborted || this.#waiting.size >= MAX_WAITING) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (ready: boolean): void => {
        timer.cancel();
        this.#waiting.delete(settle);
        resolve(ready);
      };
      const timer = clock.timer(withinMs, () => settle(false));
      this.#waiting.add(settle);
    });
  }

  /** Probes until the store closes. */
  async run(): Promise<void> {
    const { clock, closing } = this.#settings;
    while (!closing.aborted) {
      this.#nap = new AbortController();
      const ready = await this.check();
      // However much trouble there is, it is not looked at all the time.
      await sleep(clock, PROBE_AGAIN_MS, closing);
      if (ready) await sleep(clock, PROBE_EVERY_MS - PROBE_AGAIN_MS, this.#nap.signal);
    }
    this.#become(CLOSED);
  }

  /** One look. Resolves to whether etcd serves us. */
  async check(): Promise<boolean> {
    const look = await this.#look();
    if (look.served) this.#become(READY);
    else if (!this.#settings.closing.aborted) {
      const tried = this.#settings.names.join(', ');
      this.#become({ ready: false, detail: `${explain(look.cause)} (tried ${tried})` });
    }
    return look.served;
  }

  async #look(): Promise<Look> {
    const { clock, caller, closing } = this.#settings;
    const startedMs = clock.now();
    if (caller.lastSuccessMs > Math.max(startedMs - PROBE_EVERY_MS, this.#troubleMs)) return SERVED;
    const first = await this.#probe();
    if (first.served || !this.#state.ready) return first;
    await sleep(clock, startedMs + SECOND_LOOK_MS - clock.now(), closing);
    const second = await this.#probe();
    // Over a way that breaks all the time a probe may be unlucky where others get through.
    return caller.lastSuccessMs > startedMs ? SERVED : second;
  }

  async #probe(): Promise<Look> {
    const { caller, endpoints, probeKey } = this.#settings;
    // Once etcd is known to be away there is time to wait until a member takes us.
    const mayWait = !this.#state.ready;
    if (!mayWait && !(await endpoints.canConnect(PROBE_MS))) return this.#ask();
    try {
      await caller.once(
        'probe',
        (connection, options) => connection.range({ key: probeKey, count_only: true }, options),
        PROBE_MS,
        PROBE_MS,
      );
      return SERVED;
    } catch (error) {
      return isFault(error) ? this.#ask() : { served: false, cause: error };
    }
  }

  /** Asks a connection that is not up, to hear what is wrong with it. */
  async #ask(): Promise<Look> {
    const { clock, endpoints, probeKey } = this.#settings;
    let cause: unknown;
    for (let attempt = 0; attempt < REASON_ATTEMPTS; attempt++) {
      const deadline = clock.wall() + REASON_MS;
      try {
        await endpoints.current.range({ key: probeKey, count_only: true }, { deadline });
        return SERVED;
      } catch (error) {
        cause = error;
        // A connection that never came up is replaced at times, with what waits for it.
        if (!isOurOwnDoing(error)) break;
      }
    }
    return { served: false, cause };
  }

  #become(state: StoreHealth): void {
    const before = this.#state;
    if (before.ready === state.ready && before.detail === state.detail) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
    if (!state.ready && state !== CLOSED) return;
    for (const settle of [...this.#waiting]) settle(state.ready);
  }
}
