import type { OptionNames } from './check-options.js';

/** How to reach the daemons, and how patient to be. */
export interface ClientOptions {
  /** One daemon: `host:port`, `[::1]:50051`, or `unix:/path/of/a/socket`. Default `localhost:50051`. */
  readonly address?: string;
  /**
   * Several daemons on the same storage, instead of `address`, at most 100. The first that works is used, until it
   * fails; then the next.
   */
  readonly addresses?: readonly string[];
  /** TLS with the authorities of the system (`true`), or with your own. Default: none. */
  readonly tls?: boolean | TlsOptions;
  /**
   * Says who calls, where daemons want to know: a bearer token, or what gives one. A function is called before the first call; when 80 % of the
   * token's life is over, if that is a JWT; and when a daemon refuses the token. A daemon elsewhere is told only with `tls`. Default: none.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** A file that has the token, instead of `token`. It is read again each minute, and as `token` has it. */
  readonly tokenFile?: string;
  /**
   * How long a call may take that does not wait, with all its tries, in milliseconds: 100 to 3,600,000,
   * default 10,000.
   */
  readonly deadlineMs?: number;
  /**
   * How long `close` waits for the work of `withLock` and `lead` to end, in milliseconds: 0 to 3,600,000, default 10,000.
   * Their signals are aborted at once, and what they work under is kept for so long. Work that has not ended by then keeps
   * it until its TTL is over, and `onWarning` is told.
   */
  readonly closeTimeoutMs?: number;
  /** Who asks, for people who look at the locks; at most 1024 bytes. Default: the name of this host. */
  readonly owner?: string;
  /**
   * Is told what went wrong where there is nobody to throw it at: a lock that could not be given back at the end
   * of a block, and that others get when its TTL is over. What it throws is ignored. Default: nobody is told.
   */
  readonly onWarning?: (warning: Error) => void;
}

/** Texts in PEM. */
export interface TlsOptions {
  /** The authorities to trust. Default: the system's. */
  readonly ca?: string | Uint8Array;
  /** This client's certificate, where daemons ask for one; together with `key`. */
  readonly cert?: string | Uint8Array;
  /** The key of `cert`. */
  readonly key?: string | Uint8Array;
  /** The name in the daemon's certificate, if it is not that of the address. */
  readonly serverName?: string;
}

/** What is asked of a lock. */
export interface AcquireOptions extends HolderOptions {
  /** EXCLUSIVE (default), or SHARED with other shared holders. A `limit` makes it SEMAPHORE. */
  readonly mode?: 'EXCLUSIVE' | 'SHARED';
  /** Makes the lock a semaphore of so many permits: 1 to 10,000. All its holders must name the same limit. Default: none. */
  readonly limit?: number;
  /** Permits to take of the `limit`: 1 (default) to `limit`. Only with that. */
  readonly permits?: number;
  /**
   * How long to wait at most, in milliseconds. `Infinity` waits until the lock is there or the signal aborts; the
   * place in the queue is then taken anew every hour. Default: of `acquire` and `withLock` Infinity, of
   * `tryAcquire` 0.
   */
  readonly waitMs?: number;
  /** Stored with the lock, for others to read; at most 64 KiB. Default: empty. */
  readonly value?: string;
}

/** What is asked of a lease. */
export interface HolderOptions {
  /**
   * How long the lease, and with it the lock, outlives this process, in milliseconds: 1 s to 24 h by the daemon's
   * default, rounded up to whole seconds. It is renewed every third of it. Default: the daemon's, 10 s.
   */
  readonly ttlMs?: number;
  /** Who asks, for people; at most 1024 bytes. Default: the client's `owner`. */
  readonly owner?: string;
  /** For who looks at locks and leases: at most 32; names and values at most 256 bytes each. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Stops the waiting. Once the lock, or the lease, is there, only those heed it who have work to do: `withLock` and `lead`
   * abort the signal of the work with it.
   */
  readonly signal?: AbortSignal;
}

/** What every call takes. */
export interface CallOptions {
  /** Gives up the call, which then throws its reason; a watch just ends. Default: nothing does. */
  readonly signal?: AbortSignal;
}

/** What lists of names take. */
export interface ListOptions extends CallOptions {
  /** Only names that begin so. Default: all. */
  readonly prefix?: string;
}

export const CLIENT_OPTIONS: OptionNames<ClientOptions> = {
  address: true,
  addresses: true,
  tls: true,
  token: true,
  tokenFile: true,
  deadlineMs: true,
  closeTimeoutMs: true,
  owner: true,
  onWarning: true,
};

export const TLS_OPTIONS: OptionNames<TlsOptions> = {
  ca: true,
  cert: true,
  key: true,
  serverName: true,
};

export const CALL_OPTIONS: OptionNames<CallOptions> = { signal: true };

export const LIST_OPTIONS: OptionNames<ListOptions> = { prefix: true, ...CALL_OPTIONS };

export const HOLDER_OPTIONS: OptionNames<HolderOptions> = {
  ttlMs: true,
  owner: true,
  labels: true,
  signal: true,
};

export const ACQUIRE_OPTIONS: OptionNames<AcquireOptions> = {
  mode: true,
  limit: true,
  permits: true,
  waitMs: true,
  value: true,
  ...HOLDER_OPTIONS,
};
