import { Fault } from '../core/errors.js';
import type { FaultCode, FaultDetails } from '../core/errors.js';
import type { CallDescriptors } from './call-descriptors.js';
import { fromSecondsAndNanos } from './duration.js';
import type { SecondsAndNanos } from './duration.js';
import { STATUS } from './status.js';

/** A status as a caller of gRPC gets it. */
export interface ReceivedStatus {
  /** A number of google.rpc.Code. */
  readonly code: number;
  readonly message: string;
  /** The trailer `grpc-status-details-bin`; undefined if there is none. */
  readonly details: Buffer | undefined;
}

const CODES = new Map<number, FaultCode>();
for (const [code, { grpc }] of Object.entries(STATUS)) {
  // The keys of the table are fault codes.
  CODES.set(grpc, code as FaultCode);
}

/** A number of google.rpc.Code by its name; INTERNAL for 2 (UNKNOWN) and for what is none. */
export function faultCodeOf(code: number): FaultCode {
  return CODES.get(code) ?? 'INTERNAL';
}

/** The fault that a daemon answered: `statusBinary` the other way round. */
export function readStatus(
  descriptors: Pick<CallDescriptors, 'codec'>,
  status: ReceivedStatus,
): Fault {
  return new Fault(
    faultCodeOf(status.code),
    status.message,
    readDetails(descriptors, status.details),
  );
}

/** As the decoder makes them of their messages. */
interface WireAny {
  readonly type_url?: string;
  readonly value?: Buffer;
}

/** The fault that a daemon answered in a stream of calls. @param bytes a google.rpc.Status. @throws Error of any kind if they are none. */
export function readStatusBytes(descriptors: Pick<CallDescriptors, 'codec'>, bytes: Buffer): Fault {
  const { code, message, details } = decoded(descriptors, bytes);
  return new Fault(faultCodeOf(code), message, readAnys(descriptors, details));
}

interface WireStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly WireAny[];
}

function decoded(descriptors: Pick<CallDescriptors, 'codec'>, bytes: Buffer): WireStatus {
  // The decoder makes a google.rpc.Status of it, or throws.
  return descriptors.codec('google.rpc.Status').deserialize(bytes) as WireStatus;
}

function readDetails(
  descriptors: Pick<CallDescriptors, 'codec'>,
  bytes: Buffer | undefined,
): FaultDetails {
  return bytes === undefined ? {} : readAnys(descriptors, decoded(descriptors, bytes).details);
}

function readAnys(
  descriptors: Pick<CallDescriptors, 'codec'>,
  anys: readonly WireAny[],
): FaultDetails {
  let details: FaultDetails = {};
  for (const { type_url: url = '', value = Buffer.alloc(0) } of anys) {
    const type = url.slice(url.lastIndexOf('/') + 1);
    const read = READERS.get(type);
    if (read === undefined) continue;
    details = { ...details, ...read(descriptors.codec(type).deserialize(value)) };
  }
  return details;
}

/** Each reads the message that it is listed under. */
const READERS: ReadonlyMap<string, (message: object) => FaultDetails> = new Map([
  [
    'google.rpc.ErrorInfo',
    (message: object): FaultDetails => {
      const { reason, metadata } = message as { reason: string; metadata: Record<string, string> };
      return { reason, metadata };
    },
  ],
  [
    'google.rpc.BadRequest',
    (message: object): FaultDetails => {
      const [first] = (message as { fieldViolations: readonly { field: string }[] })
        .fieldViolations;
      return first === undefined ? {} : { field: first.field };
    },
  ],
  [
    'google.rpc.RetryInfo',
    (message: object): FaultDetails => {
      const { retryDelay } = message as { retryDelay: SecondsAndNanos | null };
      return retryDelay === null ? {} : { retryAfterMs: fromSecondsAndNanos(retryDelay) };
    },
  ],
]);
