import { credentials, loadPackageDefinition, Metadata, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { dirname } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { checkedWatch } from './watch-checker.js';

/** JSON as the gateway speaks it: what both wires are asked and answer, in one form. */
export type Json = Record<string, unknown>;

/** What a wire answered that was no result. */
export class WireError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** One client for both wires, so that one suite runs over both. */
export interface WireClient {
  readonly wire: 'grpc' | 'http';
  /** Calls e.g. `Acquire`; the signal hangs up. @throws WireError */
  call(method: Method, request: Json, signal?: AbortSignal): Promise<Json>;
  /** What a server streams, until it ends or the loop is left. @throws WireError */
  stream(method: StreamMethod, request: Json): AsyncIterable<Json>;
  /**
   * Holds a lock as long as the loop runs. `hangUp` leaves without a word, `closing` closes the caller's side, which
   * HTTP can't. @throws WireError
   */
  hold(request: Json, hangUp: AbortSignal, closing?: AbortSignal): AsyncIterable<Json>;
  close(): void;
}

const ROUTES = {
  CreateLease: ['POST', '/v1/leases'],
  KeepAlive: ['POST', '/v1/leases/{leaseId}:keepAlive'],
  RevokeLease: ['DELETE', '/v1/leases/{leaseId}'],
  WatchLease: ['GET', '/v1/leases/{leaseId}:watch'],
  GetLease: ['GET', '/v1/leases/{leaseId}'],
  ListLeases: ['GET', '/v1/leases'],
  Acquire: ['POST', '/v1/locks/{name}:acquire'],
  Release: ['POST', '/v1/locks/{name}:release'],
  GetLock: ['GET', '/v1/locks/{name}'],
  ListLocks: ['GET', '/v1/locks'],
  CheckToken: ['POST', '/v1/locks/{name}:checkToken'],
  ForceRelease: ['POST', '/v1/locks/{name}:forceRelease'],
  WatchLock: ['GET', '/v1/locks/{name}:watch'],
  Hold: ['POST', '/v1/locks/{name}:hold'],
  Campaign: ['POST', '/v1/elections/{name}:campaign'],
  Proclaim: ['POST', '/v1/elections/{name}:proclaim'],
  Resign: ['POST', '/v1/elections/{name}:resign'],
  Unseat: ['POST', '/v1/elections/{name}:unseat'],
  GetLeader: ['GET', '/v1/elections/{name}'],
  ListElections: ['GET', '/v1/elections'],
  AmLeader: ['GET', '/v1/elections/{name}:amLeader'],
  Observe: ['GET', '/v1/elections/{name}:observe'],
  GetCounter: ['GET', '/v1/counters/{name}'],
  ListCounters: ['GET', '/v1/counters'],
  WatchCounter: ['GET', '/v1/counters/{name}:watch'],
  Add: ['POST', '/v1/counters/{name}:add'],
  SetCounter: ['PUT', '/v1/counters/{name}'],
  DeleteCounter: ['DELETE', '/v1/counters/{name}'],
  IncreaseExclusive: ['POST', '/v1/counters/{name}:increaseExclusive'],
  PutMessage: ['POST', '/v1/messages'],
  GetMessage: ['GET', '/v1/messages/{digest}'],
  DeleteMessage: ['DELETE', '/v1/messages/{digest}'],
  CreateConfig: ['POST', '/v1/namespaces/{namespace}/configs/{name}'],
  PutConfig: ['PUT', '/v1/namespaces/{namespace}/configs/{name}'],
  PatchConfig: ['PATCH', '/v1/namespaces/{namespace}/configs/{name}'],
  DeleteConfig: ['DELETE', '/v1/namespaces/{namespace}/configs/{name}'],
  GetConfig: ['GET', '/v1/namespaces/{namespace}/configs/{name}'],
  ListConfigs: ['GET', '/v1/namespaces/{namespace}/configs'],
  WatchConfigs: ['GET', '/v1/namespaces/{namespace}/configs:watch'],
  SetConfigEnabled: ['POST', '/v1/namespaces/{namespace}/configs/{name}:setEnabled'],
  RollbackConfig: ['POST', '/v1/namespaces/{namespace}/configs/{name}:rollback'],
  ListConfigVersions: ['GET', '/v1/namespaces/{namespace}/configs/{name}/versions'],
} as const;

export type Method = Exclude<keyof typeof ROUTES, StreamMethod | 'Hold'>;
export type StreamMethod = 'WatchLease' | 'WatchLock' | 'WatchCounter' | 'WatchConfigs' | 'Observe';

const hasBody = (verb: string): boolean => ['POST', 'PUT', 'PATCH'].includes(verb);

const DURATIONS = new Set(['ttl', 'wait', 'hold']);

const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Path and query of a request, and what of it goes into a body. */
function target(
  [verb, template]: (typeof ROUTES)[keyof typeof ROUTES],
  request: Json,
): { readonly path: string; readonly body: Json } {
  const rest = new Map(Object.entries(request));
  const path = template.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(rest.get(field));
    rest.delete(field);
    return encodeURIComponent(value);
  });
  if (hasBody(verb)) return { path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams();
  for (const [field, value] of rest) {
    for (const item of [value].flat()) {
      // A message, such as a fence.
      const inner = typeof item === 'object' && item !== null ? Object.entries(item as Json) : [];
      for (const [name, part] of inner) query.append(`${field}.${name}`, String(part));
      if (inner.length === 0) query.append(field, String(item));
    }
  }
  return { path: query.size > 0 ? `${path}?${query.toString()}` : path, body: {} };
}

function wireError(status: Json): WireError {
  return new WireError(CODES[Number(status.code)] ?? 'UNKNOWN', String(status.message));
}

export function httpClient(url: string): WireClient {
  return {
    wire: 'http',
    call: async (method, request, signal) => {
      const [verb] = ROUTES[method];
      const { path, body } = target(ROUTES[method], request);
      const { ok, answer } = await fetch(url + path, {
        method: verb,
        ...(hasBody(verb)
          ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
          : {}),
        ...(signal === undefined ? {} : { signal }),
      })
        .then(async (response) => ({
          ok: response.ok,
          answer: (await response.json()) as Json,
        }))
        .catch((error: unknown) => {
          // Not there, or gone in the middle of its answer.
          throw new WireError('UNREACHABLE', String(error));
        });
      if (ok) return answer;
      throw wireError(answer);
    },
    stream: async function* (method, request) {
      yield* checkedWatch(eventsOf(await fetch(url + target(ROUTES[method], request).path)));
    },
    hold: async function* (request, signal) {
      const { path, body } = target(ROUTES.Hold, request);
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body), signal };
      yield* eventsOf(await fetch(url + path, init));
    },
    close: () => undefined,
  };
}

async function* eventsOf(response: Response): AsyncGenerator<Json> {
  if (!response.ok) throw wireError((await response.json()) as Json);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data === undefined) continue;
      const message = JSON.parse(data) as Json;
      if (/^event: error$/m.test(event)) throw wireError(message);
      yield message;
    }
  }
}

interface ServerStream extends AsyncIterable<Json> {
  cancel(): void;
}

interface BidiStream extends ServerStream {
  write(request: Json): void;
  end(): void;
}

async function* messagesOf(stream: ServerStream): AsyncGenerator<Json> {
  try {
    for await (const message of stream) yield fromGrpc(message) as Json;
  } catch (error) {
    const { code, details } = error as { code: number; details: string };
    throw new WireError(CODES[code] ?? 'UNKNOWN', details);
  } finally {
    stream.cancel();
  }
}

type UnaryCall = (
  request: Json,
  metadata: Metadata,
  callback: (error: { code: number; details: string } | null, response: Json) => void,
) => { cancel(): void };

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const GOOGLE = dirname(createRequire(import.meta.url).resolve('protobufjs/package.json'));

/** Of `Lock` the service is LockService, in lock.proto. */
const SERVICES = ['Config', 'Counter', 'Election', 'Lease', 'Lock', 'Message'];

const services = loadPackageDefinition(
  loadSync(
    SERVICES.map((name) => `sharedlock/v1/${name.toLowerCase()}.proto`),
    {
      includeDirs: [PROTO, GOOGLE],
      longs: String,
      enums: String,
      defaults: true,
    },
  ),
) as unknown as {
  sharedlock: { v1: Record<string, new (address: string, credentials: unknown) => Client> };
};

export function grpcClient(address: string): WireClient {
  const stub = (name: string): Client => {
    const Service = services.sharedlock.v1[name];
    if (Service === undefined) throw new Error(`no service ${name}`);
    return new Service(address, credentials.createInsecure());
  };
  const clients = SERVICES.map((name) => stub(`${name}Service`));
  return {
    wire: 'grpc',
    call: (method, request, signal) =>
      new Promise((resolve, reject) => {
        const client = clients.find((candidate) => method in candidate);
        const call = client?.[method as keyof Client] as unknown as UnaryCall;
        const started = call.call(client, toGrpc(request), new Metadata(), (error, response) => {
          if (error === null) resolve(fromGrpc(response) as Json);
          else reject(new WireError(CODES[error.code] ?? 'UNKNOWN', error.details));
        });
        signal?.addEventListener('abort', () => {
          started.cancel();
        });
      }),
    stream: async function* (method, request) {
      const client = clients.find((candidate) => method in candidate);
      const start = client?.[method as keyof Client] as unknown as (request: Json) => ServerStream;
      yield* checkedWatch(messagesOf(start.call(client, toGrpc(request))));
    },
    hold: async function* (request, hangUp, closing) {
      const client = clients.find((candidate) => 'Hold' in candidate);
      const start = client?.['Hold' as keyof Client] as unknown as () => BidiStream;
      const stream = start.call(client);
      hangUp.addEventListener('abort', () => {
        stream.cancel();
      });
      closing?.addEventListener('abort', () => {
        stream.end();
      });
      stream.write(toGrpc(request));
      yield* messagesOf(stream);
    },
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

/** Of all that the suites send, only durations have another form in JSON. */
function toGrpc(request: Json): Json {
  const durations = Object.entries(request).map(([field, value]) => {
    if (!DURATIONS.has(field) || typeof value !== 'string') return [field, value];
    const match = /^([0-9.]+)s$/.exec(value);
    if (match === null) throw new Error(`${field}: ${value} is not in seconds`);
    const seconds = Number(match[1]);
    return [
      field,
      { seconds: String(Math.floor(seconds)), nanos: Math.round((seconds % 1) * 1e9) },
    ];
  });
  return Object.fromEntries(durations) as Json;
}

function fromGrpc(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromGrpc);
  if (typeof value !== 'object' || value === null) return value;
  const { seconds, nanos } = value as Json;
  if (typeof seconds === 'string' && typeof nanos === 'number') {
    return `${Number(seconds) + nanos / 1e9}s`;
  }
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, fromGrpc(item)]));
}
