import { invalid } from '../../core/errors.js';
import { holdEventOf, holdFrom } from '../../protocol/convert/hold.js';
import type { HoldRequest__Output } from '../../protocol/generated/sharedlock/v1/HoldRequest.js';
import type { HoldResponse } from '../../protocol/generated/sharedlock/v1/HoldResponse.js';
import type { LockService } from '../../service/lock/lock-service.js';
import type { Call } from './call.js';

/** LockService.Hold: the first request opens it, and the end of the requests asks to release. */
export async function* holdStream(
  locks: LockService,
  requests: AsyncIterable<HoldRequest__Output>,
  call: Call,
): AsyncGenerator<HoldResponse> {
  const incoming = requests[Symbol.asyncIterator]();
  const first = await incoming.next();
  if (first.done === true) {
    if (call.signal.aborted) return;
    throw invalid('name', 'is missing: the stream needs one request before it is closed');
  }
  const closing = new AbortController();
  const surplus = surplusOf(incoming, closing);
  const { signal, user, rights, deadlineMs } = call;
  const caller = { signal, user, rights, deadlineMs, closing: closing.signal };
  const events = locks.hold(holdFrom(first.value), caller);
  for await (const event of events) {
    if (surplus.error !== undefined) break;
    yield holdEventOf(event);
  }
  if (surplus.error !== undefined) throw surplus.error;
}

/** Reads on, in the background: there should be nothing but the end. */
function surplusOf(
  incoming: AsyncIterator<unknown>,
  closing: AbortController,
): { error: Error | undefined } {
  const surplus: { error: Error | undefined } = { error: undefined };
  incoming.next().then(
    (next) => {
      if (next.done !== true) {
        surplus.error = invalid('name', 'Hold takes one request; close the stream to release');
      }
      closing.abort();
    },
    (error: unknown) => {
      surplus.error = error instanceof Error ? error : new Error(String(error));
      closing.abort();
    },
  );
  return surplus;
}
