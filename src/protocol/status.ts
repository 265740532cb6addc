import { Fault, isFault, reasonOf } from '../core/errors.js';
import type { FaultCode, FaultDetails } from '../core/errors.js';
import type { Descriptors } from './descriptors.js';
import { toSecondsAndNanos } from './duration.js';
import { memberTexts } from './json/write-message.js';

/** The one table: fault → gRPC code (google.rpc.Code) → HTTP status. */
export const STATUS: Readonly<Record<FaultCode, { readonly grpc: number; readonly http: number }>> =
  {
    CANCELLED: { grpc: 1, http: 499 },
    INVALID_ARGUMENT: { grpc: 3, http: 400 },
    DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
    NOT_FOUND: { grpc: 5, http: 404 },
    ALREADY_EXISTS: { grpc: 6, http: 409 },
    PERMISSION_DENIED: { grpc: 7, http: 403 },
    RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
    FAILED_PRECONDITION: { grpc: 9, http: 400 },
    ABORTED: { grpc: 10, http: 409 },
    OUT_OF_RANGE: { grpc: 11, http: 400 },
    UNIMPLEMENTED: { grpc: 12, http: 501 },
    INTERNAL: { grpc: 13, http: 500 },
    UNAVAILABLE: { grpc: 14, http: 503 },
    DATA_LOSS: { grpc: 15, http: 500 },
    UNAUTHENTICATED: { grpc: 16, http: 401 },
  };

/** Faults that have a status of their own over HTTP, by their reason. */
const HTTP_BY_REASON: ReadonlyMap<string, number> = new Map([
  ['ETAG_MISMATCH', 412],
  ['CONFIG_ENABLED', 409],
]);

/** The HTTP status of a fault. */
export function httpStatusOfFault({ code, details }: Fault): number {
  return HTTP_BY_REASON.get(details.reason ?? '') ?? STATUS[code].http;
}

/** RESOURCE_EXHAUSTED too, but the same request will never fit. */
const LASTING_REASONS: ReadonlySet<string> = new Set(['BODY_TOO_LARGE']);

const ERROR_DOMAIN = 'shared-lock';
const DEFAULT_RETRY_MS = 1000;

/** A google.rpc.Status, before either wire writes it. */
export interface WireStatus {
  readonly code: FaultCode;
  /** Of ErrorInfo. */
  readonly reason: string;
  readonly message: string;
  readonly details: readonly StatusDetail[];
  /** When to ask again; only for faults that pass by themselves. */
  readonly retryAfterMs: number | undefined;
}

interface StatusDetail {
  /** `google.rpc.ErrorInfo` */
  readonly type: string;
  readonly value: object;
}

/** Is told of errors that nobody threw on purpose; returns the reference that the caller is shown. */
export type ReportDefect = (error: unknown) => string;

/** What the caller is told of an error. Anything that is no Fault is a defect: only its reference is shown. */
export function statusOf(error: unknown, report: ReportDefect): WireStatus {
  if (isFault(error)) return faultStatus(error);
  return faultStatus(new Fault('INTERNAL', `internal error, reference ${report(error)}`));
}

function faultStatus(fault: Fault): WireStatus {
  const { code, message, details } = fault;
  const reason = reasonOf(fault);
  const passes =
    code === 'UNAVAILABLE' ||
    (code === 'RESOURCE_EXHAUSTED' && !LASTING_REASONS.has(details.reason ?? ''));
  const retryAfterMs = details.retryAfterMs ?? (passes ? DEFAULT_RETRY_MS : undefined);
  return {
    code,
    reason,
    // gRPC percent-encodes messages, which a lone surrogate would make fail.
    message: message.toWellFormed(),
    details: [
      errorInfo(reason, details),
      ...badRequest(message, details),
      ...retryInfo(retryAfterMs),
    ],
    retryAfterMs,
  };
}

function errorInfo(reason: string, { metadata = {} }: FaultDetails): StatusDetail {
  return { type: 'google.rpc.ErrorInfo', value: { reason, domain: ERROR_DOMAIN, metadata } };
}

function badRequest(message: string, { field }: FaultDetails): StatusDetail[] {
  if (field === undefined) return [];
  const prefix = `${field}: `;
  const description = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  const violation = { field: field.toWellFormed(), description: description.toWellFormed() };
  return [{ type: 'google.rpc.BadRequest', value: { fieldViolations: [violation] } }];
}

function retryInfo(retryAfterMs: number | undefined): StatusDetail[] {
  if (retryAfterMs === undefined) return [];
  return [{ type: 'google.rpc.RetryInfo', value: { retryDelay: toSecondsAndNanos(retryAfterMs) } }];
}

/** The body of an HTTP error: `{"code":5,"message":"…","details":[{"@type":"…",…}]}`. */
export function statusJson(descriptors: Descriptors, status: WireStatus): string {
  const details = status.details.map(({ type, value }) => {
    const members = [
      `"@type":"${typeUrl(type)}"`,
      ...memberTexts(descriptors.message(type), value),
    ];
    return `{${members.join(',')}}`;
  });
  const { grpc } = STATUS[status.code];
  return `{"code":${grpc},"message":${JSON.stringify(status.message)},"details":[${details.join(',')}]}`;
}

/** The value of the trailer `grpc-status-details-bin`. */
export function statusBinary(descriptors: Descriptors, status: WireStatus): Buffer {
  return descriptors.codec('google.rpc.Status').serialize({
    code: STATUS[status.code].grpc,
    message: status.message,
    details: status.details.map(({ type, value }) => ({
      type_url: typeUrl(type),
      value: descriptors.codec(type).serialize(value),
    })),
  });
}

function typeUrl(type: string): string {
  return `type.googleapis.com/${type}`;
}

/** The name of a gRPC code; INTERNAL for one that this table does not have. */
export function codeOfGrpc(code: number): 'OK' | FaultCode {
  return code === 0 ? 'OK' : (codeWith(({ grpc }) => grpc === code) ?? 'INTERNAL');
}

/** The name that comes nearest to an HTTP status; the first of several. */
export function codeOfHttp(status: number): 'OK' | FaultCode {
  if (status < 400) return 'OK';
  return (
    codeWith(({ http }) => http === status) ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
  );
}

function codeWith(fits: (status: (typeof STATUS)[FaultCode]) => boolean): FaultCode | undefined {
  const found = Object.entries(STATUS).find(([, status]) => fits(status));
  return found?.[0] as FaultCode | undefined; // a key of STATUS
}
