import type { ConfigName } from '../../../core/config-document.js';
import { invalid } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import { decodeJson, parseJsonText } from '../../../core/json/parse.js';
import { isJsonObject } from '../../../core/json/value.js';
import { httpStatusOfFault } from '../../../protocol/status.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { ConfigService } from '../../../service/config/config-service.js';
import { jsonAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { mediaTypeOf } from '../checks.js';
import { parseQuery } from '../target.js';
import { answered } from './answered.js';

/** All others see its services as the documents of this namespace. */
const NAMESPACE = 'config-api';

const NO_CONDITIONS = { ifMatch: undefined, requestId: '', fence: undefined } as const;

const UNPROCESSABLE = 422;
const NOT_FOUND = 404;

/** The routes of the config API service, for its callers. Errors are `{"success":false,"error":…,"message":…}`. */
export function configApiRoutes(configs: ConfigService, report: ReportDefect): PlainRoute[] {
  const route = (
    method: PlainRoute['method'],
    handle: (configs: ConfigService, request: PlainRequest) => Promise<HttpAnswer>,
  ): PlainRoute => ({
    path: '/config',
    method,
    refuse: errorAnswer,
    handle: (request) => answered(() => handle(configs, request), report, statusOf, errorAnswer),
  });
  return [route('POST', create), route('GET', get), route('PATCH', patch), route('DELETE', remove)];
}

async function create(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const at = serviceOf(request);
  const document = decodeJson(request.body);
  const json = parseJsonText(document);
  if (!isJsonObject(json) || !json.has('service')) {
    throw invalid('service', 'must be a member of the body, which must be a JSON object');
  }
  const write = { ...NO_CONDITIONS, ...at, schema: undefined, ifNoneMatch: undefined };
  const config = await configs.create({ ...write, document }, request.call);
  const all = { namespace: NAMESPACE, prefix: '', pageSize: 1, pageToken: '' };
  const { total } = await configs.list(all);
  return success({
    ID: config.id,
    service: config.name,
    serviceJSONconf: config.document,
    enabled: config.enabled,
    total_configs: total,
  });
}

/** The document; of several versions all, by their numbers, unless one is asked for. */
async function get(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const at = serviceOf(request);
  const wanted = parameter(request, 'version');
  if (wanted === '') {
    const versions = await configs.history(at);
    const [only] = versions.values();
    if (versions.size === 1 && only !== undefined) return jsonAnswer(200, only);
    return jsonAnswer(200, JSON.stringify(Object.fromEntries(versions)));
  }
  if (wanted !== 'latest' && !/^[0-9]{1,10}$/.test(wanted)) {
    throw invalid('version', 'must be a number or `latest`');
  }
  const version = wanted === 'latest' ? undefined : Number(wanted);
  const config = await configs.get({ ...at, version, consistency: 'LINEARIZABLE' });
  return jsonAnswer(200, config.document);
}

/** The body is the next version, or, if its content type says so, a patch that makes it. */
async function patch(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const write = { ...NO_CONDITIONS, ...serviceOf(request) };
  const text = decodeJson(request.body);
  switch (mediaTypeOf(request.contentType ?? '')) {
    case 'application/merge-patch+json':
      await configs.patch({ ...write, type: 'MERGE_PATCH', patch: text }, request.call);
      break;
    case 'application/json-patch+json':
      await configs.patch({ ...write, type: 'JSON_PATCH', patch: text }, request.call);
      break;
    default: {
      const next = { document: text, schema: undefined, ifNoneMatch: undefined };
      await configs.put({ ...write, ...next, ifMatch: '*' }, request.call);
    }
  }
  return success({});
}

async function remove(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const write = { ...NO_CONDITIONS, ...serviceOf(request), force: false };
  await configs.delete(write, request.call);
  return success({});
}

/** @throws Fault INVALID_ARGUMENT if it is not given. */
function serviceOf(request: PlainRequest): ConfigName {
  const name = parameter(request, 'service');
  if (name === '') throw invalid('service', 'is needed in the query');
  request.about?.({ name: `${NAMESPACE}/${name}` });
  return { namespace: NAMESPACE, name };
}

/** Empty: it is not given. */
function parameter({ query }: PlainRequest, wanted: string): string {
  const [, value = ''] = parseQuery(query).find(([name]) => name === wanted) ?? [];
  return value;
}

/** As the service had them. A condition that failed means that there is no document: no other is set. */
function statusOf(fault: Fault): number {
  const { code, details } = fault;
  if (details.reason === 'ETAG_MISMATCH') return NOT_FOUND;
  if (details.reason === 'CONFIG_ENABLED') return httpStatusOfFault(fault);
  const isUnprocessable =
    code === 'INVALID_ARGUMENT' || code === 'ALREADY_EXISTS' || code === 'FAILED_PRECONDITION';
  return isUnprocessable ? UNPROCESSABLE : httpStatusOfFault(fault);
}

function success(members: Readonly<Record<string, unknown>>): HttpAnswer {
  return jsonAnswer(200, JSON.stringify({ success: true, ...members }));
}

function errorAnswer(error: number, message: string): HttpAnswer {
  const known =
    error === UNPROCESSABLE
      ? 'unprocessable'
      : error === NOT_FOUND
        ? 'resource not found'
        : message;
  return jsonAnswer(error, JSON.stringify({ success: false, error, message: known }));
}
