import type { AcquireRequest } from '../../../core/lock.js';
import { Recent } from '../../recent.js';

/** Names that are remembered; the one seen longest ago makes room. */
const CAPACITY = 10_000;

/**
 * Locks that are probably taken: this daemon granted them and has not heard of their end, or they were refused lately. Who only
 * tries one of these looks first, so that nobody makes a lease for nothing at each try of a lock that is held for hours; who
 * takes one asks at once why not, if not. Only a guess which way is the shorter: what is answered, the store says.
 */
export class LikelyHeld {
  /** `wanted`: others want it too, so that it is not free when it is released. */
  readonly #names = new Recent<string, 'held' | 'wanted'>(CAPACITY);

  has(name: string): boolean {
    return this.#names.get(name) !== undefined;
  }

  /** It was refused. */
  add(name: string): void {
    this.#names.put(name, 'wanted');
  }

  /** It was granted: at once, or to one who had waited for it. */
  granted({ name, mode }: Pick<AcquireRequest, 'name' | 'mode'>, hasWaited: boolean): void {
    if (hasWaited) this.add(name);
    else if (mode === 'EXCLUSIVE') this.#names.put(name, 'held');
    // There may be room for more.
    else this.#names.delete(name);
  }

  released(name: string): void {
    if (this.#names.get(name) === 'held') this.#names.delete(name);
  }
}
