import { configAccessName, type Verb } from '../../../core/access/vocabulary.js';
import type { ConfigName } from '../../../core/config-document.js';
import { invalid } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import { decodeJson } from '../../../core/json/parse.js';
import { httpStatusOfFault } from '../../../protocol/status.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { ConfigService } from '../../../service/config/config-service.js';
import { need, type Need } from '../../access/needs.js';
import { jsonAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { mediaTypeOf } from '../checks.js';
import { parseQuery } from '../target.js';
import { answered } from './answered.js';
import { jsonLine, type JsonMembers } from './flask-json.js';

/** All others see its services as the documents of this namespace. */
const NAMESPACE = 'config-api';

const NO_CONDITIONS = { ifMatch: undefined, requestId: '', fence: undefined } as const;

/** Every document of the service has it. What it says does not matter: the query names the service. */
const MEMBER = 'service';

const UNPROCESSABLE = 422;
const NOT_FOUND = 404;

/** The routes of the config API service, for its callers. Errors are `{"success":false,"error":…,"message":…}`. */
export function configApiRoutes(configs: ConfigService, report: ReportDefect): PlainRoute[] {
  const route = (
    method: PlainRoute['method'],
    verb: Verb,
    handle: (configs: ConfigService, request: PlainRequest) => Promise<HttpAnswer>,
  ): PlainRoute => ({
    path: '/config',
    method,
    needs: (request) => needsFor(verb, request),
    refuse: errorAnswer,
    handle: (request) => answered(() => handle(configs, request), report, statusOf, errorAnswer),
  });
  return [
    route('POST', 'write', create),
    route('GET', 'read', get),
    route('PATCH', 'write', patch),
    route('DELETE', 'delete', remove),
  ];
}

async function create(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const at = serviceOf(request);
  const document = decodeJson(request.body);
  const write = { ...NO_CONDITIONS, ...at, schema: undefined, ifNoneMatch: undefined };
  const config = await configs.create({ ...write, document }, request.call, MEMBER);
  const all = { namespace: NAMESPACE, prefix: '', pageSize: 1, pageToken: '' };
  const { total } = await configs.list(all);
  return success({
    ID: config.id,
    enabled: config.enabled,
    service: config.name,
    serviceJSONconf: config.document,
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
    return jsonAnswer(200, `${JSON.stringify(Object.fromEntries(versions))}\n`);
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
      await configs.put({ ...write, ...next, ifMatch: '*' }, request.call, MEMBER);
    }
  }
  return success({});
}

async function remove(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const write = { ...NO_CONDITIONS, ...serviceOf(request), force: false };
  await configs.delete(write, request.call);
  return success({});
}

function needsFor(verb: Verb, request: PlainRequest): readonly Need[] {
  const name = parameter(request, 'service');
  return name === '' ? [] : [need(verb, 'config', configAccessName(NAMESPACE, name))];
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

function success(members: JsonMembers): HttpAnswer {
  return jsonLine(200, { ...members, success: true });
}

function errorAnswer(error: number, message: string): HttpAnswer {
  const known =
    error === UNPROCESSABLE
      ? 'unprocessable'
      : error === NOT_FOUND
        ? 'resource not found'
        : message;
  return jsonLine(error, { success: false, error, message: known });
}
