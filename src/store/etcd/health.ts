import { sleep, type Clock } from '../../clock/clock.js';
import type { StoreHealth } from '../store.js';
import type { Caller } from './caller.js';
import type { Endpoints } from './endpoints.js';
import type { EtcdLog } from './options.js';
import { explain, isOurOwnDoing } from './verdict.js';

const PROBE_EVERY_MS = 2000;
const PROBE_AGAIN_MS = 500;
/** How long one probe may take, in milliseconds. */
const PROBE_MS = 1500;
const REASON_MS = 300;
const REASON_ATTEMPTS = 3;
const STARTING: StoreHealth = { ready: false, detail: 'etcd has not been reached yet' };
const READY: StoreHealth = { ready: true, detail: '' };
const CLOSED: StoreHealth = { ready: false, detail: 'the store is closed' };

export interface HealthSettings {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly endpoints: Endpoints;
  readonly log: EtcdLog;
  readonly closing: AbortSignal;
  /** Any key; it is only ever read. */
  readonly probeKey: Buffer;
}

/** Knows whether etcd serves us: by the traffic, and by a linearizable read every 2 s while there is none. */
export class Health {
  readonly #settings: HealthSettings;
  readonly #listeners: ((health: StoreHealth) => void)[] = [];
  #state: StoreHealth = STARTING;

  constructor(settings: HealthSettings) {
    this.#settings = settings;
  }

  get state(): StoreHealth {
    return this.#state;
  }

  onChange(listener: (health: StoreHealth) => void): void {
    this.#listeners.push(listener);
  }

  /** Probes until the store closes. */
  async run(): Promise<void> {
    const { clock, closing } = this.#settings;
    while (!closing.aborted) {
      const ready = await this.check();
      await sleep(clock, ready ? PROBE_EVERY_MS : PROBE_AGAIN_MS, closing);
    }
    this.#become(CLOSED);
  }

  /** One look, with a second one before it says no. */
  async check(): Promise<boolean> {
    const { clock, caller, closing } = this.#settings;
    const idleMs = clock.now() - caller.lastSuccessMs;
    if (idleMs < PROBE_EVERY_MS || (await this.#probe()) || (await this.#probe())) {
      this.#become(READY);
      return true;
    }
    const detail = await this.#reason();
    if (!closing.aborted) this.#become({ ready: false, detail });
    return false;
  }

  async #probe(): Promise<boolean> {
    try {
      await this.#settings.caller.once(
        'probe',
        (connection, options) =>
          connection.kv.range({ key: this.#settings.probeKey, count_only: true }, options),
        PROBE_MS,
        PROBE_MS,
      );
      return true;
    } catch {
      return false;
    }
  }

  /** Asks a connection that need not be up, to hear what is wrong with it. */
  async #reason(): Promise<string> {
    const { clock, endpoints, probeKey } = this.#settings;
    let reason: unknown;
    for (let attempt = 0; attempt < REASON_ATTEMPTS; attempt++) {
      const deadline = clock.wall() + REASON_MS;
      try {
        await endpoints.current.kv.range({ key: probeKey, count_only: true }, { deadline });
        return 'etcd answers slowly';
      } catch (error) {
        reason = error;
        // A connection that never came up is replaced at times, with what waits for it.
        if (!isOurOwnDoing(error)) break;
      }
    }
    return explain(reason);
  }

  #become(state: StoreHealth): void {
    const before = this.#state;
    if (before.ready === state.ready && before.detail === state.detail) return;
    this.#state = state;
    if (state.ready) this.#settings.log('info', 'etcd can be reached');
    else if (state !== CLOSED) this.#settings.log('warn', state.detail);
    for (const listener of this.#listeners) listener(state);
  }
}
