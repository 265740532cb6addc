/**
 * Every bound on what a caller can ask for. Each is configuration; these are the defaults.
 * Names end in their unit.
 */
export interface Limits {
  /** Lock, lease key, counter and config names. */
  readonly nameBytes: number;
  readonly ownerBytes: number;
  readonly requestIdBytes: number;
  readonly lockValueBytes: number;
  readonly labelCount: number;
  /** Each label's name and each label's value. */
  readonly labelBytes: number;
  /** Longest wait for a lock. */
  readonly waitMs: number;
  readonly waitersPerDaemon: number;
  readonly waitersPerLock: number;
  readonly watches: number;
  readonly leases: number;
  /** All of it goes at once when the lease ends: 5,000 locks take about 30 ms of the event loop. */
  readonly locksPerLease: number;
  /** Events kept for a watcher that reads slowly before it is ended. */
  readonly watchBacklog: number;
  readonly semaphorePermits: number;
  readonly pageSize: number;
  /** A config document, and its schema. */
  readonly documentBytes: number;
  readonly messageBytes: number;
  /** All of them together: so many, and so many bytes of their texts. */
  readonly messages: number;
  readonly messagesBytes: number;
  /** A message is deleted when it is older; 0: never. */
  readonly messageRetentionMs: number;
  /** Versions kept of each config document; older ones are dropped. */
  readonly configVersions: number;
  /** Documents that a daemon keeps in memory, in bytes of their text. */
  readonly configCacheBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  nameBytes: 1024,
  ownerBytes: 1024,
  requestIdBytes: 256,
  lockValueBytes: 64 * 1024,
  labelCount: 32,
  labelBytes: 256,
  waitMs: 3_600_000,
  waitersPerDaemon: 10_000,
  waitersPerLock: 1000,
  watches: 10_000,
  leases: 100_000,
  locksPerLease: 5000,
  watchBacklog: 1000,
  semaphorePermits: 10_000,
  pageSize: 1000,
  documentBytes: 1024 * 1024,
  messageBytes: 1024 * 1024,
  messages: 1_000_000,
  messagesBytes: 512 * 1024 * 1024,
  messageRetentionMs: 0,
  configVersions: 1000,
  configCacheBytes: 64 * 1024 * 1024,
};

/** Bounds and default of a lease's time to live, in milliseconds. 1 s to 24 h, 10 s. */
export interface TtlBounds {
  readonly defaultMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export const DEFAULT_TTL_BOUNDS: TtlBounds = {
  defaultMs: 10_000,
  minMs: 1000,
  maxMs: 86_400_000,
};
