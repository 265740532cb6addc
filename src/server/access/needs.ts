import type { Target } from '../../core/access/rule-index.js';
import { configAccessName, type Kind, type Verb } from '../../core/access/vocabulary.js';

/** One thing that a request asks to be allowed to. */
export interface Need extends Target {
  readonly verb: Verb;
}

/**
 * What a request needs: `open`, nothing; `holder`, that its caller may acquire anything at all, since it names a lease by its ID, which only its
 * holder knows; else all of a list.
 */
export type Needs<Request> = 'open' | 'holder' | ((request: Request) => Asked);

/** What one request needs that needs something. */
export type Asked = 'holder' | readonly Need[];

/** What the request messages of the API have, as far as names go: they were decoded by the descriptors of their methods. */
interface Fields {
  readonly name?: string;
  readonly key?: string;
  readonly lock?: string;
  readonly namespace?: string;
  readonly prefix?: string;
  readonly schema?: string;
  readonly fence?: { readonly lock?: string; readonly election?: string } | null;
}

export function need(verb: Verb, kind: Kind, name = ''): Need {
  return { verb, kind, name };
}

type NamedKind = 'lock' | 'election' | 'counter';

/** The thing that the request names, and the lock whose token is put into it. */
function named(verb: Verb, kind: NamedKind): Needs<Fields> {
  return (request) => [need(verb, kind, request.name), ...fenceNeeds(request)];
}

/** All with a prefix; a list of everything has a verb of its own. */
function listed(kind: NamedKind): Needs<Fields> {
  return ({ prefix = '' }) => [
    { verb: prefix === '' ? 'listAll' : 'read', kind, name: prefix, isPrefix: true },
  ];
}

function config(verb: Verb, setsSchema?: (request: Fields) => boolean): Needs<Fields> {
  return (request) => {
    const name = configAccessName(request.namespace ?? '', request.name ?? '');
    return [
      need(verb, 'config', name),
      ...(setsSchema?.(request) === true ? [need('schema', 'config', name)] : []),
      ...fenceNeeds(request),
    ];
  };
}

function configs(verb: Verb): Needs<Fields> {
  return ({ namespace = '', name = '', prefix = '' }) => [
    name === ''
      ? { verb, kind: 'config', name: configAccessName(namespace, prefix), isPrefix: true }
      : need(verb, 'config', configAccessName(namespace, name)),
  ];
}

function of(verb: Verb, kind: Kind): Needs<Fields> {
  return () => [need(verb, kind)];
}

function fenceNeeds({ fence }: Fields): Need[] {
  if (fence === undefined || fence === null) return [];
  const { lock = '', election = '' } = fence;
  return [
    ...(lock === '' ? [] : [need('fence', 'lock', lock)]),
    ...(election === '' ? [] : [need('fence', 'election', election)]),
  ];
}

/** Of each method. A new one must have its line here. */
const NEEDS: Readonly<Record<string, Needs<Fields>>> = {
  'sharedlock.v1.LeaseService/CreateLease': ({ key = '' }) =>
    key === '' ? 'holder' : [need('acquire', 'lock', key)],
  'sharedlock.v1.LeaseService/KeepAlive': 'holder',
  'sharedlock.v1.LeaseService/KeepAliveStream': 'holder',
  'sharedlock.v1.LeaseService/RevokeLease': 'holder',
  'sharedlock.v1.LeaseService/GetLease': 'holder',
  'sharedlock.v1.LeaseService/WatchLease': 'holder',
  'sharedlock.v1.LeaseService/ListLeases': of('listAll', 'lease'),

  'sharedlock.v1.LockService/Acquire': named('acquire', 'lock'),
  'sharedlock.v1.LockService/Hold': named('acquire', 'lock'),
  'sharedlock.v1.LockService/Release': named('acquire', 'lock'),
  'sharedlock.v1.LockService/GetLock': named('read', 'lock'),
  'sharedlock.v1.LockService/ListLocks': listed('lock'),
  'sharedlock.v1.LockService/WatchLock': named('watch', 'lock'),
  'sharedlock.v1.LockService/CheckToken': named('read', 'lock'),
  'sharedlock.v1.LockService/ForceRelease': named('forceRelease', 'lock'),

  'sharedlock.v1.ElectionService/Campaign': named('acquire', 'election'),
  'sharedlock.v1.ElectionService/Proclaim': named('acquire', 'election'),
  'sharedlock.v1.ElectionService/Resign': named('acquire', 'election'),
  'sharedlock.v1.ElectionService/GetLeader': named('read', 'election'),
  'sharedlock.v1.ElectionService/ListElections': listed('election'),
  'sharedlock.v1.ElectionService/Observe': named('watch', 'election'),
  'sharedlock.v1.ElectionService/AmLeader': named('read', 'election'),
  'sharedlock.v1.ElectionService/Unseat': named('forceRelease', 'election'),

  'sharedlock.v1.CounterService/GetCounter': named('read', 'counter'),
  'sharedlock.v1.CounterService/ListCounters': listed('counter'),
  'sharedlock.v1.CounterService/WatchCounter': named('watch', 'counter'),
  'sharedlock.v1.CounterService/Add': named('write', 'counter'),
  'sharedlock.v1.CounterService/SetCounter': named('write', 'counter'),
  'sharedlock.v1.CounterService/DeleteCounter': named('delete', 'counter'),
  // Without a lock's name it takes the lock of the counter's.
  'sharedlock.v1.CounterService/IncreaseExclusive': ({ name, lock }) => [
    need('write', 'counter', name),
    need('acquire', 'lock', lock === '' ? name : (lock ?? name)),
  ],

  'sharedlock.v1.MessageService/PutMessage': of('write', 'message'),
  'sharedlock.v1.MessageService/GetMessage': of('read', 'message'),
  'sharedlock.v1.MessageService/DeleteMessage': of('delete', 'message'),

  'sharedlock.v1.ConfigService/CreateConfig': config('write', ({ schema = '' }) => schema !== ''),
  // An empty one takes it away.
  'sharedlock.v1.ConfigService/PutConfig': config('write', ({ schema }) => schema !== undefined),
  'sharedlock.v1.ConfigService/PatchConfig': config('write'),
  'sharedlock.v1.ConfigService/DeleteConfig': config('delete'),
  'sharedlock.v1.ConfigService/GetConfig': config('read'),
  'sharedlock.v1.ConfigService/ListConfigs': configs('read'),
  'sharedlock.v1.ConfigService/WatchConfigs': configs('watch'),
  'sharedlock.v1.ConfigService/SetConfigEnabled': config('write'),
  'sharedlock.v1.ConfigService/RollbackConfig': config('write'),
  'sharedlock.v1.ConfigService/ListConfigVersions': config('read'),

  'sharedlock.v1.AccessService/WhoAmI': 'open',
  // Each of its calls needs what it needs by itself.
  'sharedlock.v1.CallService/CallStream': 'open',

  'grpc.health.v1.Health/Check': 'open',
  'grpc.health.v1.Health/List': 'open',
  'grpc.health.v1.Health/Watch': 'open',
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': of('reflect', 'daemon'),
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': of('reflect', 'daemon'),
};

/** @param path such as `/sharedlock.v1.LockService/Acquire`. @throws TypeError if it has no line: a defect. */
export function needsOf(path: string): Needs<object> {
  const needs = Object.hasOwn(NEEDS, path.slice(1)) ? NEEDS[path.slice(1)] : undefined;
  if (needs === undefined) throw new TypeError(`${path} has no line in server/access/needs.ts`);
  return needs;
}
