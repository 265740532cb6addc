import type { LeaseId } from './lease-id.js';

/**
 * Where things are in the store. Two roots, so that no user's name can reach what is ours:
 *
 *     /shared-lock/<name>                        the exclusive lock itself, as the original server wrote it
 *     /shared-lock.v1/holder/<name>              who holds it                       (holder's lease)
 *     /shared-lock.v1/shared/<name>/<lease>      one per shared holder              (its lease)
 *     /shared-lock.v1/permit/<name>/<lease>      one per holder of permits          (its lease)
 *     /shared-lock.v1/queue/<name>/<ticket>      one per waiter, by create revision (its daemon's lease)
 *     /shared-lock.v1/preempted/<name>           the last forced release            (a long lease)
 *     /shared-lock.v1/lease/<id>                 what a lease was made for          (itself)
 *     /shared-lock.v1/counter/<name>             value
 *     /shared-lock.v1/op/<request id>            outcome of an idempotent write     (a long lease)
 *     /shared-lock.v1/daemon/…                   what a daemon keeps for itself     (its lease)
 *
 * Under the first root a name stands as it is: other programs read and write there. It is only ever used
 * as a whole key, never as a prefix. Under the second root names are encoded.
 */
export interface KeyLayout {
  /** `/shared-lock/`: everything below it is a lock's name. */
  readonly lockRoot: string;
  readonly lock: LockKeys;
  readonly leaseRoot: string;
  lease(id: LeaseId): string;
  readonly counterRoot: string;
  counter(name: string): string;
  operation(requestId: string): string;
  readonly daemonRoot: string;
}

/** The keys of one kind of lock. An election is a lock with other keys. */
export interface LockKeys {
  /** This key is the exclusive lock: it exists = held, its create revision = the fencing token. */
  held(name: string): string;
  holder(name: string): string;
  /** Prefix of all shared holders of the name. */
  shared(name: string): string;
  /** Prefix of all holders of permits of the name. */
  permit(name: string): string;
  /** Prefix of all waiters for the name. */
  queue(name: string): string;
  preempted(name: string): string;
  readonly sharedRoot: string;
  readonly permitRoot: string;
  readonly queueRoot: string;
}

export const DEFAULT_KEY_PREFIX = '/shared-lock/';

/** `prefix` begins and ends with `/`; the second root is the same with `.v1` before the last `/`. */
export function keyLayout(prefix: string = DEFAULT_KEY_PREFIX): KeyLayout {
  const root = `${prefix.slice(0, -1)}.v1/`;
  return {
    lockRoot: prefix,
    lock: lockKeys(root, (name) => prefix + name),
    leaseRoot: `${root}lease/`,
    lease: (id) => `${root}lease/${id}`,
    counterRoot: `${root}counter/`,
    counter: (name) => `${root}counter/${encodeName(name)}`,
    operation: (requestId) => `${root}op/${encodeName(requestId)}`,
    daemonRoot: `${root}daemon/`,
  };
}

function lockKeys(root: string, held: (name: string) => string): LockKeys {
  return {
    held,
    holder: (name) => `${root}holder/${encodeName(name)}`,
    shared: (name) => `${root}shared/${encodeName(name)}/`,
    permit: (name) => `${root}permit/${encodeName(name)}/`,
    queue: (name) => `${root}queue/${encodeName(name)}/`,
    preempted: (name) => `${root}preempted/${encodeName(name)}`,
    sharedRoot: `${root}shared/`,
    permitRoot: `${root}permit/`,
    queueRoot: `${root}queue/`,
  };
}

/**
 * A name as one path segment: percent-encoded, so that no `/` of it can reach into a neighbour.
 * The name must be well-formed text (`checkName`).
 */
export function encodeName(name: string): string {
  return encodeURIComponent(name);
}

export function decodeName(segment: string): string {
  return decodeURIComponent(segment);
}
