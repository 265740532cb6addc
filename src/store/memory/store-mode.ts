import { unavailable, type Fault } from '../../core/errors.js';
import type { StoreHealth } from '../store.js';

/**
 * `full`: the journal has no space; what needs some is refused, the rest goes on, deletions too.
 * `failed`: the journal can't be trusted any more; for good. `closed`: by `close`; for good.
 */
type Mode =
  | { readonly kind: 'open' }
  | { readonly kind: 'full'; readonly fault: Fault }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'closed' };

const READY: StoreHealth = { ready: true, detail: '' };

/** What a store takes on, and what it says of its health. */
export class StoreMode {
  readonly #listeners = new Set<(health: StoreHealth) => void>();
  readonly #onStop: () => void;
  #mode: Mode = { kind: 'open' };
  #health = READY;

  /** @param onStop is called when the store is closed, and when it has failed: it takes nothing any more. */
  constructor(onStop: () => void) {
    this.#onStop = onStop;
  }

  get health(): StoreHealth {
    return this.#health;
  }

  onHealthChange(listener: (health: StoreHealth) => void): void {
    this.#listeners.add(listener);
  }

  get isRunning(): boolean {
    return this.#mode.kind === 'open' || this.#mode.kind === 'full';
  }

  /** What is said to whatever needs space; undefined: there is some. */
  get full(): Fault | undefined {
    return this.#mode.kind === 'full' ? this.#mode.fault : undefined;
  }

  /** Why nothing is taken any more; undefined while it runs. */
  over(cause?: unknown): Fault | undefined {
    if (this.#mode.kind === 'failed') return this.#mode.fault;
    return this.#mode.kind === 'closed' ? unavailable('the store is closed', cause) : undefined;
  }

  becomeFull(fault: Fault): void {
    this.#mode = { kind: 'full', fault };
    this.#setHealth({ ready: false, detail: fault.message });
  }

  /** There is space again. */
  recover(): void {
    if (this.#mode.kind !== 'full') return;
    this.#mode = { kind: 'open' };
    this.#setHealth(READY);
  }

  /** @returns what all are told from now on. */
  fail(cause: unknown): Fault {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const detail = `the store failed and must be restarted: ${reason}`;
    const fault = unavailable(detail, cause);
    this.#stop({ kind: 'failed', fault }, detail);
    return fault;
  }

  /** @returns false if it was closed already. */
  close(): boolean {
    if (this.#mode.kind === 'closed') return false;
    this.#stop({ kind: 'closed' }, 'the store is closed');
    return true;
  }

  #stop(mode: Mode, detail: string): void {
    this.#mode = mode;
    this.#setHealth({ ready: false, detail });
    this.#onStop();
  }

  #setHealth(health: StoreHealth): void {
    this.#health = health;
    for (const listener of this.#listeners) listener(health);
  }
}
