import { Metadata } from '@grpc/grpc-js';
import type { FaultCode } from '../../core/errors.js';
import { STATUS, statusBinary, statusOf } from '../../protocol/status.js';
import type { WireOptions } from '../handlers/wire.js';

/** What a caller is told of an error, however it is sent. */
export interface WireError {
  readonly name: FaultCode;
  /** A number of google.rpc.Code. */
  readonly code: number;
  readonly message: string;
  /** For programs. */
  readonly reason: string;
  /** A `google.rpc.Status`. */
  readonly status: Buffer;
}

export function wireError(
  error: unknown,
  { descriptors, observer }: Pick<WireOptions, 'descriptors' | 'observer'>,
): WireError {
  const wireStatus = statusOf(error, observer.defect);
  const { code, message, reason } = wireStatus;
  const status = statusBinary(descriptors, wireStatus);
  return { name: code, code: STATUS[code].grpc, message, reason, status };
}

/** As grpc-js takes it for an error of a handler. */
export interface GrpcError {
  readonly name: string;
  readonly message: string;
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** @param reasons where the gate finds the reason: by the metadata of the status. */
export function grpcError(
  { name, code, message, reason, status }: WireError,
  reasons: WeakMap<Metadata, string>,
): GrpcError {
  const metadata = new Metadata();
  reasons.set(metadata, reason);
  metadata.set('grpc-status-details-bin', status);
  return { name, message, code, details: message, metadata };
}
