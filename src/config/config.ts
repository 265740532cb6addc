import type { Limits, TtlBounds } from '../core/limits.js';
import type { SettingValues } from './settings.js';

/** All that the daemon is told at its start: checked, complete and frozen. */
export interface Config {
  readonly server: SettingValues['server'];
  readonly http: SettingValues['http'];
  readonly admission: SettingValues['admission'];
  /** Of both servers; undefined: no TLS. */
  readonly tls: ServerTls | undefined;
  /** Undefined: whoever reaches the daemon may do anything. */
  readonly auth: AuthConfig | undefined;
  readonly storage: StorageConfig;
  readonly ttl: TtlBounds;
  /** Of the route of the original, whose callers may ask for longer. */
  readonly originalTtl: TtlBounds;
  readonly limits: Limits;
  readonly wireLimits: SettingValues['wireLimits'];
  /** Locks that are remembered as held, at most; 0: none. */
  readonly heldCacheSize: number;
  /** What `POST /increase_counter` takes. The TTL is within the bounds of `ttl`. */
  readonly counterLock: { readonly key: string; readonly ttlMs: number };
  readonly log: LogConfig;
  /** Whoever reaches it from other machines may do anything. */
  readonly isOpen: boolean;
  /** What may not be meant so, a line each: the start logs them. */
  readonly warnings: readonly string[];
}

export interface ServerTls {
  readonly certPath: string;
  readonly keyPath: string;
  /** Undefined: callers need no certificate. */
  readonly clientCaPath: string | undefined;
  /** Whether they may leave it out. */
  readonly isClientOptional: boolean;
}

export interface AuthConfig {
  readonly mode: 'audit' | 'enforce';
  readonly policyPath: string;
  readonly tokensPath: string | undefined;
  /** Undefined: no JWTs are taken. */
  readonly jwt:
    | {
        readonly issuer: string;
        readonly audience: string;
        readonly groupsClaim: string;
        readonly keys:
          | { readonly kind: 'file'; readonly path: string }
          | {
              readonly kind: 'url';
              readonly url: string;
              readonly caPath: string | undefined;
              readonly tokenPath: string | undefined;
            };
      }
    | undefined;
}

export type StorageConfig =
  | { readonly type: 'memory'; readonly keyPrefix: string; readonly dataBytes: number }
  | {
      readonly type: 'embedded';
      readonly keyPrefix: string;
      readonly folder: string;
      /** The most that may be in memory; 0: by the heap. */
      readonly dataBytes: number;
      /** Nobody asked for it: the start says so. */
      readonly byDefault: boolean;
    }
  | { readonly type: 'etcd'; readonly keyPrefix: string; readonly etcd: EtcdConfig };

export interface EtcdConfig {
  /** Each with its scheme. */
  readonly endpoints: readonly string[];
  readonly tls: EtcdTls | undefined;
  /** The password is a secret: it goes into no output. */
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly callTimeoutMs: number;
}

export interface EtcdTls {
  /** Undefined: the authorities that Node brings. */
  readonly caPath: string | undefined;
  readonly client: { readonly certPath: string; readonly keyPath: string } | undefined;
}

export interface LogConfig {
  readonly level: SettingValues['log']['level'];
  /** Undefined: standard output only. */
  readonly files:
    { readonly dir: string; readonly maxBytes: number; readonly backupCount: number } | undefined;
  /** Absent: the audit has no file of its own. */
  readonly audit?: {
    readonly path: string;
    readonly maxBytes: number;
    readonly backupCount: number;
  };
}

/** The configuration can't be used. `problems` has one line for each thing that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
