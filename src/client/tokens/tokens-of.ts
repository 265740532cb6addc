import { isIP } from 'node:net';
import type { Clock } from '../../clock/clock.js';
import { wrong } from '../check-options.js';
import type { ClientOptions } from '../options.js';
import { readTokenFile } from './read-token-file.js';
import { TokenSource } from './token-source.js';
import { tokenProblem } from './token-text.js';

/** It costs little to look whether a file has another one. */
const FILE_KEPT_MS = 60_000;

/**
 * What the client shows to daemons; undefined: nothing.
 * @param plainAddresses those that are spoken to without TLS.
 * @throws SharedLockError INVALID_ARGUMENT for a token that can't be sent, also to one of these addresses.
 */
export function tokensOf(
  { token, tokenFile }: Pick<ClientOptions, 'token' | 'tokenFile'>,
  clock: Clock,
  plainAddresses: readonly string[],
): TokenSource | undefined {
  if (token === undefined && tokenFile === undefined) return undefined;
  if (token !== undefined && tokenFile !== undefined) {
    throw wrong('tokenFile', 'give token or tokenFile, not both');
  }
  const far = plainAddresses.find((address) => !isNear(address));
  const option = token === undefined ? 'tokenFile' : 'token';
  if (far !== undefined) {
    const right = 'use tls, a Unix socket, or a daemon on this machine';
    throw wrong(option, `is not sent to ${far} in the clear: ${right}`);
  }
  if (typeof token === 'function') {
    return new TokenSource(clock, { read: async () => token(), keepMs: Infinity });
  }
  if (token !== undefined) {
    const problem = tokenProblem(token);
    if (problem !== undefined) throw wrong('token', `can't be sent: ${problem}`);
    return new TokenSource(clock, { read: () => Promise.resolve(token), keepMs: Infinity });
  }
  if (typeof tokenFile !== 'string' || tokenFile === '') {
    throw wrong('tokenFile', 'must be the path of a file');
  }
  return new TokenSource(clock, { read: () => readTokenFile(tokenFile), keepMs: FILE_KEPT_MS });
}

/** Whether nobody on a network can listen: a Unix socket, or this machine itself. */
function isNear(address: string): boolean {
  if (address.startsWith('unix:')) return true;
  const host = address.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || /^localhost\.?$/i.test(host);
}
