import { Fault, invalid } from '../../../core/errors.js';
import type { CallStreamLimits } from './parts.js';

const RETRY_AFTER_MS = 1000;

/** What a stream, or one call of it, is refused with. Made once: a fault keeps a stack, and there are many when there are any. */
export class Refusals {
  readonly tooManyCalls: Fault;
  readonly tooManyBytes: Fault;
  readonly metadataTooLarge: Fault;
  readonly noSuchMethod: Fault;
  readonly frameTooLarge: Fault;
  readonly noFrame: Fault;
  readonly noId: Fault;
  readonly idle: Fault;

  constructor({ calls, requestBytes, frameBytes, frameEntries, metadataBytes }: CallStreamLimits) {
    const exhausted = (message: string, reason: string, retryAfterMs?: number): Fault =>
      new Fault('RESOURCE_EXHAUSTED', message, {
        reason,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    this.tooManyCalls = exhausted(
      `${calls} calls are under way over this stream: wait for answers, or open another one`,
      'CALLS_LIMIT',
      RETRY_AFTER_MS,
    );
    this.tooManyBytes = exhausted(
      `the requests under way over this stream have ${requestBytes} bytes: wait for answers, or open another one`,
      'CALL_BYTES_LIMIT',
      RETRY_AFTER_MS,
    );
    this.metadataTooLarge = exhausted(
      `the metadata has more than ${metadataBytes} bytes`,
      'METADATA_LIMIT',
    );
    this.frameTooLarge = exhausted(
      `a request of this stream may have ${frameBytes} bytes, and ${frameEntries} calls and cancelled ids: ` +
        'send a larger one as a call of its own, and many calls in several requests',
      'FRAME_LIMIT',
    );
    this.noSuchMethod = new Fault(
      'UNIMPLEMENTED',
      'method: must be a number from 1 to that of the methods that the welcome lists',
    );
    this.noFrame = new Fault('INVALID_ARGUMENT', 'not a sharedlock.v1.CallStreamRequest');
    this.noId = invalid('calls.id', 'is missing: it must be from 1');
    this.idle = new Fault('UNAVAILABLE', 'this stream had no call for long: open another one');
  }
}

export function repeatedId(id: number): Fault {
  return invalid('calls.id', `${id} is that of a call that is not answered yet`);
}
