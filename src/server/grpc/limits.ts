import type { CallStreamRoom } from './call-stream/parts.js';
import type { ConnectionLimits } from './connections.js';

export interface GrpcLimits extends ConnectionLimits {
  /** Of one message, also after decompression. */
  readonly messageBytes: number;
  /** Calls under way on one connection. */
  readonly concurrentStreams: number;
  readonly metadataBytes: number;
  /** A connection without calls is closed after so long, and a stream of calls without one ended. */
  readonly idleTimeoutMs: number;
  /** Of one stream of calls. */
  readonly callStream: CallStreamRoom;
}

export const DEFAULT_GRPC_LIMITS: GrpcLimits = {
  messageBytes: 4 * 1024 * 1024,
  concurrentStreams: 1000,
  metadataBytes: 16 * 1024,
  readTimeoutMs: 10_000,
  idleTimeoutMs: 30 * 60_000,
  pingIntervalMs: 3000,
  // `quietMs` of core/hold.ts relies on it.
  pingTimeoutMs: 5000,
  callStream: {
    calls: 10_000,
    requestBytes: 16 * 1024 * 1024,
    frameBytes: 1024 * 1024,
    frameEntries: 10_000,
  },
  maxAgeMs: 0,
  ageGraceMs: 0,
};
