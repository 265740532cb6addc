import type { ConnectionLimits } from './node-server.js';

export interface HttpLimits extends ConnectionLimits {
  readonly bodyBytes: number;
  readonly urlBytes: number;
  readonly headerCount: number;
  /** How long a caller may take to read a whole answer; 0: without end. Streams and waits are not cut. */
  readonly writeTimeoutMs: number;
  /** A connection that is older, give or take a tenth, is closed with its next answer; 0: none is. */
  readonly maxAgeMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: 1024 * 1024,
  urlBytes: 8 * 1024,
  headerCount: 200,
  headerBytes: 32 * 1024,
  readTimeoutMs: 10_000,
  writeTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  maxAgeMs: 0,
};
