import type { Clock } from '../../clock/clock.js';

/** How to reach an etcd cluster, and with what patience. */
export interface EtcdStoreOptions {
  /** `host:port` of each member, with or without `http://` or `https://`. At least one. */
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  /** TLS is used if this is given, or if the endpoints say `https://`. */
  readonly tls?: EtcdTls | undefined;
  readonly auth?: EtcdAuth | undefined;
  /** How long etcd has for one call, in milliseconds. Default 5000. */
  readonly callTimeoutMs?: number | undefined;
  /** Prefix of the keys that a daemon keeps for itself, e.g. `/shared-lock.v1/daemon/`. */
  readonly daemonRoot: string;
  /** Whether `open` fails if etcd can't be reached at first. Default true. */
  readonly waitForFirstContact?: boolean | undefined;
  /** How long `open` waits for the first contact, in milliseconds. Default 5000. */
  readonly firstContactMs?: number | undefined;
  /** Ends the wait for the first contact: `open` then throws its reason. */
  readonly stopping?: AbortSignal | undefined;
  readonly log?: EtcdLog | undefined;
  /** Told of every call to etcd once it has ended. */
  readonly observe?: EtcdObserver | undefined;
}

/** PEM. `cert` and `key` are the client's own, if etcd asks for a certificate. */
export interface EtcdTls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

export interface EtcdAuth {
  readonly username: string;
  readonly password: string;
}

export type EtcdLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** `operation` is one of a few fixed words, fit for a metric's label. */
export type EtcdObserver = (operation: string, seconds: number, ok: boolean) => void;

export const DEFAULT_CALL_TIMEOUT_MS = 5000;
export const DEFAULT_FIRST_CONTACT_MS = 5000;
