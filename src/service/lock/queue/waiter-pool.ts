import { daemonStopping, type Fault } from '../../../core/errors.js';
import { SharedPool } from '../../../core/shares.js';
import { checkOwnLimit, type Owner } from '../../own-limit.js';
import { sharedLimit } from '../../shared-limit.js';

/** Who waits for a lock at this daemon: so many at most, and none once it drains. */
export class WaiterPool {
  readonly #pool: SharedPool;
  readonly #onChange: (waiting: number) => void;
  readonly #drainListeners = new Set<() => void>();
  #isDraining = false;

  constructor(capacity: number, onChange: (waiting: number) => void) {
    this.#pool = new SharedPool(capacity);
    this.#onChange = onChange;
  }

  /** Calls back when the daemon is about to stop, at once if it is. @returns how to forget the callback. */
  onDrain(callback: () => void): () => void {
    if (this.#isDraining) callback();
    this.#drainListeners.add(callback);
    return () => {
      this.#drainListeners.delete(callback);
    };
  }

  /**
   * @param owner whose share it takes, until it leaves.
   * @throws Fault RESOURCE_EXHAUSTED if the daemon has as many waiters as it may.
   */
  enter(owner: Owner): void {
    checkOwnLimit(owner, 'waiters', (its) => this.#pool.amountOf(its));
    const refusal = this.#pool.enter(owner.user);
    if (refusal !== undefined) {
      const full = `${this.#pool.limit} callers wait for locks at this daemon already`;
      throw sharedLimit(refusal, 'WAITER', full);
    }
    this.#onChange(this.#pool.total);
  }

  leave(user: string | undefined): void {
    this.#pool.leave(user);
    this.#onChange(this.#pool.total);
  }

  /** From now on nobody is let in, and those who wait are told to ask another daemon. */
  drain(): void {
    this.#isDraining = true;
    for (const callback of [...this.#drainListeners]) callback();
  }

  /** @throws Fault UNAVAILABLE once the daemon drains. */
  throwIfDraining(): void {
    if (this.#isDraining) throw draining();
  }
}

export function draining(): Fault {
  return daemonStopping('this daemon is about to stop and takes no new locks; ask another one');
}
