import { configAccessName, type Verb } from '../../../core/access/vocabulary.js';
import { invalid, isFault } from '../../../core/errors.js';
import { decodeJson } from '../../../core/json/parse.js';
import { httpStatusOfFault } from '../../../protocol/status.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { ConfigService } from '../../../service/config/config-service.js';
import { need, type Need } from '../../access/needs.js';
import { jsonAnswer, textAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { decodeSegment, parseQuery } from '../target.js';
import { answered } from './answered.js';

/** All others see its values as the documents of this namespace. */
const NAMESPACE = 'config-cache';

const NO_CONDITIONS = { ifMatch: undefined, requestId: '', fence: undefined } as const;

/** The routes of the distributed config cache, for its callers. Errors are `{"error":…}`. */
export function configCacheRoutes(configs: ConfigService, report: ReportDefect): PlainRoute[] {
  const route = (
    method: PlainRoute['method'],
    verb: Verb,
    handle: (configs: ConfigService, request: PlainRequest) => Promise<HttpAnswer>,
  ): PlainRoute => ({
    path: '/config/*',
    method,
    needs: (request) => needsFor(verb, request),
    refuse: errorAnswer,
    handle: (request) =>
      answered(() => handle(configs, request), report, httpStatusOfFault, errorAnswer),
  });
  return [
    route('GET', 'read', get),
    route('POST', 'write', put),
    route('PUT', 'write', put),
    route('DELETE', 'delete', remove),
  ];
}

/** A key that is not there is `null`. */
async function get(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const consistency = usesCache(request.query) ? 'CACHED' : 'LINEARIZABLE';
  try {
    const at = { namespace: NAMESPACE, name: keyOf(request) };
    const config = await configs.get({ ...at, version: undefined, consistency });
    return jsonAnswer(200, config.document);
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND')) throw error;
    return jsonAnswer(200, 'null');
  }
}

async function put(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const write = {
    ...NO_CONDITIONS,
    namespace: NAMESPACE,
    name: keyOf(request),
    document: decodeJson(request.body),
    schema: undefined,
    ifNoneMatch: undefined,
  };
  const config = await configs.put(write, request.call);
  return jsonAnswer(200, config.document);
}

/** Whether it was there or not. */
async function remove(configs: ConfigService, request: PlainRequest): Promise<HttpAnswer> {
  const at = { namespace: NAMESPACE, name: keyOf(request) };
  try {
    await configs.delete({ ...NO_CONDITIONS, ...at, force: true }, request.call);
  } catch (error) {
    if (!isFault(error, 'NOT_FOUND')) throw error;
  }
  return textAnswer(204, '');
}

function needsFor(verb: Verb, request: PlainRequest): readonly Need[] {
  try {
    return [need(verb, 'config', configAccessName(NAMESPACE, keyOf(request)))];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [];
  }
}

/** Slashes are part of it, encoded or not. */
function keyOf({ rest, about }: PlainRequest): string {
  const name = decodeSegment(rest, 'key');
  about?.({ name: `${NAMESPACE}/${name}` });
  return name;
}

function usesCache(query: string): boolean {
  const [, text = 'true'] = parseQuery(query).find(([name]) => name === 'use_cache') ?? [];
  if (/^(?:true|1|)$/i.test(text)) return true;
  if (/^(?:false|0)$/i.test(text)) return false;
  throw invalid('use_cache', 'must be true or false');
}

function errorAnswer(status: number, message: string): HttpAnswer {
  return jsonAnswer(status, JSON.stringify({ error: message }));
}
