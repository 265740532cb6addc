import { Fault } from '../../core/errors.js';
import type { CallMethod } from '../../protocol/call-descriptors.js';
import { SharedLockError } from '../errors.js';

/** The bytes of a request, to be sent. @throws SharedLockError INVALID_ARGUMENT for a value that does not fit its field. */
export function checked(method: CallMethod, request: object): Buffer {
  try {
    method.checkRequest(request);
  } catch (error) {
    throw error instanceof Fault ? new SharedLockError(error) : error;
  }
  try {
    return method.requestSerialize(request);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fault = new Fault('INVALID_ARGUMENT', `the request can't be sent: ${why}`);
    throw new SharedLockError(fault, error);
  }
}
