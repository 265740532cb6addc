import { invalid } from '../core/errors.js';
import { suggest } from '../core/nearest.js';
import { SharedLockError } from './errors.js';

/** All members that some options have; the compiler holds it to their interface. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Refuses options that there are not: a misspelt `ttlMs` would leave the lock with the default, and nobody could notice.
 * @throws SharedLockError INVALID_ARGUMENT that names the option, and the one that may be meant.
 */
export function checkOptions<T extends object>(options: T, names: OptionNames<T>): void {
  const known = Object.keys(names);
  // Whoever calls from JavaScript may give anything, e.g. the work of `withLock` in its place.
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw wrong('options', `must be an object; there are ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const near = suggest(name, known) || `; there are ${known.join(', ')}`;
    throw wrong(name, `is not an option${near}`);
  }
}

/** An option that can't be used. */
export function wrong(option: string, message: string): SharedLockError {
  return new SharedLockError(invalid(option, message));
}
