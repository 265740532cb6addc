import type { KeyLayout } from '../../core/keys.js';

/** Tells of the keys of a lease which of them record that it holds a lock: one for each. */
export function isHolderRecord({ holderRoots }: KeyLayout): (key: string) => boolean {
  return (key) => holderRoots.some((root) => key.startsWith(root));
}
