import type { Fault } from '../../../core/errors.js';
import type { CallSet } from '../../handlers/call-scope.js';
import type { WireOptions } from '../../handlers/wire.js';
import type { Connections } from '../connections.js';
import type { CallEnd } from '../gate.js';
import type { AnswerStream } from '../stream.js';
import type { UnaryMethod } from '../unary-method.js';
import type { WireError } from '../wire-error.js';
import type { Pace } from './pace.js';

/** What all streams of calls of a server share. */
export interface CallStreamParts extends Pick<
  WireOptions,
  'descriptors' | 'clock' | 'observer' | 'admission'
> {
  readonly limits: CallStreamLimits;
  /** In the order of their numbers. */
  readonly methods: readonly UnaryMethod[];
  readonly calls: CallSet;
  readonly connections: Connections;
  readonly pace: Pace;
  readonly ended: (end: CallEnd) => void;
  /** What the caller is told of a refusal: made once, given often. */
  readonly refusalOf: (fault: Fault) => WireError;
  /** Ends a stream with an error. */
  readonly fail: (wire: AnswerStream, error: unknown) => void;
}

/** What one stream takes at once. */
export interface CallStreamRoom {
  /** Calls under way; what keeps locks or gives them back has as much room again. */
  readonly calls: number;
  /** Of the requests of all calls under way; likewise. */
  readonly requestBytes: number;
  /** Of one frame. */
  readonly frameBytes: number;
  /** Calls and cancelled ids in one frame. */
  readonly frameEntries: number;
}

/** Bounds of one stream. */
export interface CallStreamLimits extends CallStreamRoom {
  readonly metadataBytes: number;
  /** A stream without calls is ended after so long. */
  readonly idleTimeoutMs: number;
}
