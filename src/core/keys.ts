import type { LeaseId } from './lease-id.js';

/**
 * Where things are in the store. Two roots, so that no user's name can reach what is ours:
 *
 *     /shared-lock/<name>                        the exclusive lock itself, as the original server wrote it
 *     /shared-lock.v1/holder/<name>              who holds it                       (holder's lease)
 *     /shared-lock.v1/shared/<name>/<lease>      one per shared holder              (its lease)
 *     /shared-lock.v1/permit/<name>/<lease>      one per holder of permits          (its lease)
 *     /shared-lock.v1/queue/<name>/<place>       one per waiter, by create revision (its daemon's lease)
 *     /shared-lock.v1/preempted/<lease>/…        what an operator took from a lease (a long lease)
 *     /shared-lock.v1/lease/<id>                 what a lease was made for          (itself)
 *     /shared-lock.v1/lease/<id>/ending          the lease is about to be revoked   (itself)
 *     /shared-lock.v1/election/…                 the same again for elections, see `electionKeys`
 *     /shared-lock.v1/counter/<name>             value
 *     /shared-lock.v1/config/<ns>/…              documents, see `ConfigKeys`
 *     /shared-lock.v1/config-space/<ns>          bytes that the documents take
 *     /shared-lock.v1/message/<sha256>           text
 *     /shared-lock.v1/message-usage/<digit>      count and bytes of the texts whose SHA-256 begins so
 *     /shared-lock.v1/message-age                which revision was when, for what is kept only for a while
 *     /shared-lock.v1/message-sweeper            the daemon that looks after messages (its daemon's lease)
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
  readonly election: ElectionKeys;
  readonly leaseRoot: string;
  lease(id: LeaseId): string;
  /** Marks a lease that is about to be revoked. Below `lease(id)`, so that one watch sees both. */
  ending(id: LeaseId): string;
  /** Why the lease itself was ended, if an operator took the lock that it was made for. */
  preempted(id: LeaseId): string;
  /** Below these lies what is recorded of each holder of a lock. */
  readonly holderRoots: readonly string[];
  readonly counterRoot: string;
  counter(name: string): string;
  configs(namespace: string): ConfigKeys;
  /** Of a digest that was checked: it stands as it is. */
  message(digest: string): string;
  /** Prefix of all messages whose digest begins so. */
  messages(digits: string): string;
  readonly messageUsageRoot: string;
  messageUsage(digit: string): string;
  readonly messageAge: string;
  readonly messageSweeper: string;
  operation(requestId: string): string;
  readonly daemonRoot: string;
}

/**
 * The documents of one namespace, all below one prefix, so that one watch sees them:
 *
 *     …/config/<ns>/head/<name>              what is known of a document: the latest version, the mark, …
 *     …/config/<ns>/version/<name>/<n>       the text of a version, n of 10 digits
 *     …/config/<ns>/schema/<name>            its JSON Schema, if it has one
 *     …/config/<ns>/sequence                 the last id given
 *
 * and beside it, where a policy limits that:
 *
 *     …/config-space/<ns>                    bytes that they take
 */
export interface ConfigKeys {
  readonly root: string;
  readonly headRoot: string;
  head(name: string): string;
  /** Prefix of all versions of a document. */
  versions(name: string): string;
  version(name: string, version: number): string;
  schema(name: string): string;
  readonly sequence: string;
  readonly space: string;
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
  /** Why an operator took the lock from the lease. */
  preempted(name: string, lease: LeaseId): string;
  readonly heldRoot: string;
  /** The name in what follows `heldRoot` in a key: `<name>` as it is, or `<name>/…`, encoded, as in the roots below. */
  readonly heldForm: 'plain' | 'nested';
  readonly sharedRoot: string;
  readonly permitRoot: string;
  readonly queueRoot: string;
}

/** An election is an exclusive lock; who leads can be watched as a whole. */
export interface ElectionKeys extends LockKeys {
  /** Prefix of `held` and `holder` of the name, and of nothing else. */
  leader(name: string): string;
}

export const DEFAULT_KEY_PREFIX = '/shared-lock/';

/** `prefix` begins and ends with `/`; the second root is the same with `.v1` before the last `/`. */
export function keyLayout(prefix: string = DEFAULT_KEY_PREFIX): KeyLayout {
  const root = `${prefix.slice(0, -1)}.v1/`;
  const preempted = (id: LeaseId, what: string): string => `${root}preempted/${id}/${what}`;
  return {
    lockRoot: prefix,
    lock: {
      ...lockKeys(root),
      preempted: (name, lease) => preempted(lease, `lock/${encodeName(name)}`),
      held: (name) => prefix + name,
      heldRoot: prefix,
      heldForm: 'plain',
    },
    election: {
      ...electionKeys(`${root}election/`),
      preempted: (name, lease) => preempted(lease, `election/${encodeName(name)}`),
    },
    leaseRoot: `${root}lease/`,
    lease: (id) => `${root}lease/${id}`,
    ending: (id) => `${root}lease/${id}/ending`,
    preempted: (id) => preempted(id, 'lease'),
    holderRoots: [`${root}holder/`, `${root}shared/`, `${root}permit/`],
    counterRoot: `${root}counter/`,
    counter: (name) => `${root}counter/${encodeName(name)}`,
    configs: (namespace) => configKeys(root, encodeName(namespace)),
    message: (digest) => `${root}message/${digest}`,
    messages: (digits) => `${root}message/${digits}`,
    messageUsageRoot: `${root}message-usage/`,
    messageUsage: (digit) => `${root}message-usage/${digit}`,
    messageAge: `${root}message-age`,
    messageSweeper: `${root}message-sweeper`,
    operation: (requestId) => `${root}op/${encodeName(requestId)}`,
    daemonRoot: `${root}daemon/`,
  };
}

function configKeys(all: string, namespace: string): ConfigKeys {
  const root = `${all}config/${namespace}/`;
  const versions = (name: string): string => `${root}version/${encodeName(name)}/`;
  return {
    root,
    headRoot: `${root}head/`,
    head: (name) => `${root}head/${encodeName(name)}`,
    versions,
    version: (name, version) => versions(name) + String(version).padStart(10, '0'),
    schema: (name) => `${root}schema/${encodeName(name)}`,
    sequence: `${root}sequence`,
    space: `${all}config-space/${namespace}`,
  };
}

/** All that holds a lock, but the exclusive lock's own key, and the queue. */
function lockKeys(root: string): Omit<LockKeys, 'held' | 'heldRoot' | 'heldForm' | 'preempted'> {
  return {
    holder: (name) => `${root}holder/${encodeName(name)}`,
    shared: (name) => `${root}shared/${encodeName(name)}/`,
    permit: (name) => `${root}permit/${encodeName(name)}/`,
    queue: (name) => `${root}queue/${encodeName(name)}/`,
    sharedRoot: `${root}shared/`,
    permitRoot: `${root}permit/`,
    queueRoot: `${root}queue/`,
  };
}

/**
 * Elections, below a root of their own. The two keys of a leader lie below one prefix, so that one watch
 * sees them together:
 *
 *     …/election/leader/<name>/value         the exclusive lock: its value is the leader's  (leader's lease)
 *     …/election/leader/<name>/holder        who leads                                      (leader's lease)
 *     …/election/queue/<name>/<place>        one per candidate that waits                   (its daemon's lease)
 */
function electionKeys(root: string): Omit<ElectionKeys, 'preempted'> {
  const heldRoot = `${root}leader/`;
  const leader = (name: string): string => `${heldRoot}${encodeName(name)}/`;
  return {
    ...lockKeys(root),
    leader,
    held: (name) => `${leader(name)}value`,
    holder: (name) => `${leader(name)}holder`,
    heldRoot,
    heldForm: 'nested',
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
