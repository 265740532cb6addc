import { parseDuration } from '../../../core/duration.js';
import { invalid, isFault } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import type { Labels } from '../../../core/labels.js';
import type { CreateLeaseRequest } from '../../../core/lease.js';
import { parseLeaseId } from '../../../core/lease-id.js';
import { parseJson } from '../../../core/json/parse.js';
import { isJsonObject } from '../../../core/json/value.js';
import type { JsonValue } from '../../../core/json/value.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { LeaseService } from '../../../service/lease/lease-service.js';
import { textAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { answered } from './answered.js';

const ORIGINAL_TTL_MS = 10_000;

/**
 * The routes of the original shared-lock, for its callers: any content type, errors as plain text.
 * Who does not get the lock is answered `0`, where the original gave away the holder's lease ID.
 */
export function legacyRoutes(leases: LeaseService, report: ReportDefect): PlainRoute[] {
  return [
    {
      path: '/lease',
      method: 'POST',
      refuse: errorAnswer,
      handle: (request) =>
        answered(() => createLease(leases, request), report, statusOf, errorAnswer),
    },
    {
      path: '/keepalive',
      method: 'POST',
      work: 'keep',
      refuse: errorAnswer,
      handle: (request) =>
        answered(() => keepAlive(leases, request), report, statusOf, errorAnswer),
    },
    {
      path: '/health',
      method: 'GET',
      work: 'health',
      refuse: errorAnswer,
      handle: () => textAnswer(200, ''),
    },
  ];
}

async function createLease(leases: LeaseService, request: PlainRequest): Promise<HttpAnswer> {
  const outcome = await leases.create(leaseRequest(request), request.call);
  return outcome.acquired ? textAnswer(201, outcome.grant.leaseId) : textAnswer(202, '0');
}

async function keepAlive(leases: LeaseService, request: PlainRequest): Promise<HttpAnswer> {
  const lease = parseLeaseId(request.body.toString('latin1').trim());
  try {
    await leases.keepAlive(lease);
    return textAnswer(200, '');
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND')) throw error;
    return { status: 204, contentType: 'text/plain; charset=utf-8', body: '' };
  }
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
