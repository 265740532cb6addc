import type { Store } from '../store/store.js';

/**
 * The TTL of a lease that is being granted, in seconds: as asked, unless the engine may give more, whose answer says so.
 * @throws Fault as that answer.
 */
export function ttlGranted(
  { mayGrantMore }: Store,
  askedSeconds: number,
  granting: Promise<number>,
): Promise<number> {
  return mayGrantMore ? granting : Promise.resolve(askedSeconds);
}
