import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../clock/clock.js';
import { checkOptions, wrong } from './check-options.js';
import { tokensOf } from './tokens/tokens-of.js';
import type { TokenSource } from './tokens/token-source.js';
import { CLIENT_OPTIONS, TLS_OPTIONS } from './options.js';
import type { ClientOptions, TlsOptions } from './options.js';

const DEFAULT_ADDRESS = 'localhost:50051';
const DEFAULT_DEADLINE_MS = 10_000;
export const MIN_DEADLINE_MS = 100;
export const MAX_DEADLINE_MS = 3_600_000;
const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;
const MAX_CLOSE_TIMEOUT_MS = 3_600_000;
const MAX_ADDRESSES = 100;

/** `ClientOptions`, completed and checked. */
export interface Settings {
  readonly addresses: readonly string[];
  readonly tls: TlsOptions | undefined;
  readonly tokens: TokenSource | undefined;
  readonly deadlineMs: number;
  readonly closeTimeoutMs: number;
  readonly owner: string;
  readonly clock: Clock;
  warn(warning: Error): void;
}

/** @throws SharedLockError INVALID_ARGUMENT that names the option and says what would be right. */
export function settingsOf(options: ClientOptions, clock: Clock): Settings {
  checkOptions(options, CLIENT_OPTIONS);
  const { address, addresses, tls = false, deadlineMs = DEFAULT_DEADLINE_MS } = options;
  if (address !== undefined && addresses !== undefined) {
    throw wrong('addresses', 'give address or addresses, not both');
  }
  const given = addresses ?? [address ?? DEFAULT_ADDRESS];
  if (given.length === 0 || given.length > MAX_ADDRESSES) {
    throw wrong('addresses', `give 1 to ${MAX_ADDRESSES}`);
  }
  checkBounds('deadlineMs', deadlineMs, MIN_DEADLINE_MS, MAX_DEADLINE_MS);
  const { closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
  checkBounds('closeTimeoutMs', closeTimeoutMs, 0, MAX_CLOSE_TIMEOUT_MS);
  const isTls = tls !== false;
  const checked = [...new Set(given.map(checkAddress))];
  return {
    addresses: checked,
    tls: isTls ? checkTls(tls === true ? {} : tls) : undefined,
    tokens: tokensOf(options, clock, isTls ? [] : checked),
    deadlineMs,
    closeTimeoutMs,
    owner: options.owner ?? hostname(),
    clock,
    warn: (warning) => {
      try {
        options.onWarning?.(warning);
      } catch {
        // It must not hide the error of the work that ends.
      }
    },
  };
}

function checkBounds(option: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw wrong(option, `must be from ${least} to ${most}`);
}

/** `host:port` or `unix:path`, as gRPC takes them. */
function checkAddress(address: string): string {
  if (/^unix:./.test(address)) return address;
  const port = Number(/^(?:[^\s:/[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})$/.exec(address)?.[1]);
  if (port >= 1 && port <= 65_535) return address;
  throw wrong(
    'address',
    `${JSON.stringify(address)} is none; give host:port, such as ${DEFAULT_ADDRESS}, or unix:/path`,
  );
}

function checkTls(tls: TlsOptions): TlsOptions {
  checkOptions(tls, TLS_OPTIONS);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw wrong('tls', 'cert and key only go together');
  }
  // Without this, such a ca is skipped in silence, and every daemon looks as if it had a wrong certificate.
  for (const name of ['ca', 'cert'] as const) {
    const pem = tls[name];
    if (pem !== undefined && !/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(textOf(pem))) {
      throw wrong('tls', `${name} holds no certificate in PEM`);
    }
  }
  for (const [names, options] of contextsOf(tls)) {
    try {
      createSecureContext(options);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw wrong('tls', `${names} can't be used: ${why}`);
    }
  }
  return tls;
}

/** What Node can check before a call is made, each by itself, so that the error says which. */
function contextsOf({ ca, cert, key }: TlsOptions): [names: string, SecureContextOptions][] {
  const contexts: [string, SecureContextOptions][] = [];
  if (ca !== undefined) contexts.push(['ca', { ca: textOf(ca) }]);
  if (cert !== undefined && key !== undefined) {
    contexts.push(['cert or key', { cert: textOf(cert), key: textOf(key) }]);
  }
  return contexts;
}

function textOf(pem: string | Uint8Array): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
}
