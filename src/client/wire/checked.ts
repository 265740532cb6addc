import { Fault } from '../../core/errors.js';
import type { CallMethod } from '../../protocol/call-descriptors.js';
import { SharedLockError } from '../errors.js';

/** The request, to be sent. @throws SharedLockError INVALID_ARGUMENT for an integer that does not fit its field. */
export function checked(method: CallMethod, request: object): object {
  try {
    method.checkRequest(request);
  } catch (error) {
    throw error instanceof Fault ? new SharedLockError(error) : error;
  }
  return request;
}
