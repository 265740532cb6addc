import { parseDuration } from '../../../core/duration.js';
import { invalid, isFault } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import type { Labels } from '../../../core/labels.js';
import type { CreateLeaseRequest } from '../../../core/lease.js';
import { MAX_INT64, parseLeaseId } from '../../../core/lease-id.js';
import type { TtlBounds } from '../../../core/limits.js';
import { parseJson } from '../../../core/json/parse.js';
import { isJsonObject } from '../../../core/json/value.js';
import type { JsonValue } from '../../../core/json/value.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { LeaseService } from '../../../service/lease/lease-service.js';
import type { OriginalMetrics, OriginalStatus } from '../../../telemetry/original-metrics.js';
import { need, type Need } from '../../access/needs.js';
import { textAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { answered } from './answered.js';

const ORIGINAL_TTL_MS = 10_000;

export interface OriginalParts {
  readonly leases: LeaseService;
  /** On the monotonic clock. */
  readonly nowMs: () => number;
  /** Its callers may ask for longer than others. */
  readonly ttl: TtlBounds;
  readonly metrics: Pick<OriginalMetrics, 'originalLease'>;
}

/**
 * The routes of the original shared-lock, for its callers: any content type, errors as plain text.
 * Who does not get the lock is answered `0`, where the original gave away the holder's lease ID.
 */
export function originalRoutes(parts: OriginalParts, report: ReportDefect): PlainRoute[] {
  return [
    {
      path: '/lease',
      method: 'POST',
      needs: leaseNeeds,
      refuse: errorAnswer,
      handle: (request) =>
        counted(parts, 'get', report, () => createLease(parts, request), LEASE_STATUS),
    },
    {
      path: '/keepalive',
      method: 'POST',
      needs: 'holder',
      work: 'keep',
      refuse: errorAnswer,
      handle: (request) =>
        counted(parts, 'prolong', report, () => keepAlive(parts, request), KEEPALIVE_STATUS),
    },
    {
      path: '/health',
      method: 'GET',
      needs: 'open',
      work: 'health',
      refuse: errorAnswer,
      handle: () => textAnswer(200, ''),
    },
  ];
}

function leaseNeeds(request: PlainRequest): readonly Need[] {
  try {
    return [need('acquire', 'lock', leaseRequest(request).key)];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [];
  }
}

/** What the original counts an answer as, by its status. What could not be read does not count. */
const LEASE_STATUS: ReadonlyMap<number, OriginalStatus['get']> = new Map([
  [201, 'created'],
  [202, 'accepted'],
  [500, 'error'],
]);
const KEEPALIVE_STATUS: ReadonlyMap<number, OriginalStatus['prolong']> = new Map([
  [200, 'success'],
  [204, 'failure'],
  [500, 'failure'],
]);

async function counted<Operation extends keyof OriginalStatus>(
  { nowMs, metrics }: OriginalParts,
  operation: Operation,
  report: ReportDefect,
  answer: () => Promise<HttpAnswer>,
  statuses: ReadonlyMap<number, OriginalStatus[Operation]>,
): Promise<HttpAnswer> {
  const startedAtMs = nowMs();
  const given = await answered(answer, report, statusOf, errorAnswer);
  const status = statuses.get(given.status);
  if (status !== undefined) {
    metrics.originalLease(operation, status, (nowMs() - startedAtMs) / 1000);
  }
  return given;
}

async function createLease(
  { leases, ttl }: OriginalParts,
  request: PlainRequest,
): Promise<HttpAnswer> {
  const outcome = await leases.create(leaseRequest(request), request.call, ttl);
  return outcome.acquired ? textAnswer(201, outcome.grant.leaseId) : textAnswer(202, '0');
}

async function keepAlive(
  { leases }: OriginalParts,
  { body, call }: PlainRequest,
): Promise<HttpAnswer> {
  const id = parseInt64(body.toString('latin1').trim());
  // 204 has its client stop: no lease has such a number, and none ever will.
  if (id <= 0n) return NO_SUCH_LEASE;
  try {
    await leases.keepAlive(parseLeaseId(id.toString()), call);
    return textAnswer(200, '');
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND')) throw error;
    return NO_SUCH_LEASE;
  }
}

const NO_SUCH_LEASE = { status: 204, contentType: 'text/plain; charset=utf-8', body: '' } as const;

/**
 * As Go's ParseInt reads base 10, which the original uses (https://pkg.go.dev/strconv#ParseInt): a sign, zeros in front.
 * @throws Fault INVALID_ARGUMENT for anything else.
 */
function parseInt64(text: string): bigint {
  // Apart, or a long row of zeros would be gone through for each length of what may follow.
  const short = text.replace(/^([+-]?)0+(?=[0-9])/, '$1').replace(/^\+(?=[0-9])/, '');
  const value = /^-?[0-9]{1,19}$/.test(short) ? BigInt(short) : undefined;
  if (value === undefined || value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw invalid('body', 'must be a lease ID, as plain text: a decimal integer of 64 bits');
  }
  return value;
}

/** What the caller got wrong is 400, all else 500: those callers know no other. */
function statusOf({ code }: Fault): number {
  return code === 'INVALID_ARGUMENT' ? 400 : 500;
}

function errorAnswer(status: number, message: string): HttpAnswer {
  return textAnswer(status, `${message}\n`);
}

function leaseRequest({ body, headers, about }: PlainRequest): CreateLeaseRequest {
  const json = parseJson(body);
  if (!isJsonObject(json)) throw invalid('body', 'must be a JSON object');
  // As Go reads it: names in any case, the last one counts, null is nothing.
  const members = new Map([...json].map(([name, value]) => [name.toLowerCase(), value]));
  const key = textOf(members.get('key'), 'key');
  if (key === '') throw invalid('key', 'is needed');
  about?.({ name: key });
  return {
    key,
    value: textOf(members.get('value'), 'value'),
    labels: labelsOf(members.get('labels')),
    owner: '',
    ttlMs: ttlMsOf(headers['x-lease-ttl']),
    requestId: '',
  };
}

function textOf(value: JsonValue | undefined, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw invalid(field, 'must be a string');
  return value;
}

function labelsOf(value: JsonValue | undefined): Labels {
  if (value === undefined || value === null) return new Map();
  if (!isJsonObject(value)) throw invalid('labels', 'must be an object of strings');
  return new Map([...value].map(([name, label]) => [name, textOf(label, 'labels')]));
}

function ttlMsOf(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return ORIGINAL_TTL_MS;
  const ms = typeof header === 'string' ? parseDuration(header) : undefined;
  if (ms === undefined) throw invalid('x-lease-ttl', 'must be a duration such as 60s');
  return ms;
}
