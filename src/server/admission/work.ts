/**
 * What a request is to a daemon that has too much to do. Served when all else is refused: `keep`, what keeps locks and gives them back;
 * `keepOpen`, a stream of such; `health`; `metrics`, a few at a time. `wait`: it is open as long as its caller likes: a stream, or a
 * wait for a lock. `stray`: a renewal, or what gives back, of a caller whose last ones found nothing. `ask`: anything else.
 */
export type Work = 'keep' | 'keepOpen' | 'health' | 'metrics' | 'wait' | 'stray' | 'ask';

/** Of each method of the API. A new one must have its line here. */
const WORK: Readonly<Record<string, Work>> = {
  'sharedlock.v1.LeaseService/CreateLease': 'ask',
  'sharedlock.v1.LeaseService/KeepAlive': 'keep',
  'sharedlock.v1.LeaseService/KeepAliveStream': 'keepOpen',
  'sharedlock.v1.LeaseService/RevokeLease': 'keep',
  'sharedlock.v1.LeaseService/GetLease': 'ask',
  'sharedlock.v1.LeaseService/WatchLease': 'wait',
  'sharedlock.v1.LeaseService/ListLeases': 'ask',

  'sharedlock.v1.LockService/Acquire': 'wait',
  'sharedlock.v1.LockService/Hold': 'wait',
  'sharedlock.v1.LockService/Release': 'keep',
  'sharedlock.v1.LockService/GetLock': 'ask',
  'sharedlock.v1.LockService/ListLocks': 'ask',
  'sharedlock.v1.LockService/WatchLock': 'wait',
  'sharedlock.v1.LockService/CheckToken': 'ask',
  'sharedlock.v1.LockService/ForceRelease': 'keep',

  'sharedlock.v1.ElectionService/Campaign': 'wait',
  'sharedlock.v1.ElectionService/Proclaim': 'ask',
  'sharedlock.v1.ElectionService/Resign': 'keep',
  'sharedlock.v1.ElectionService/GetLeader': 'ask',
  'sharedlock.v1.ElectionService/ListElections': 'ask',
  'sharedlock.v1.ElectionService/Observe': 'wait',
  'sharedlock.v1.ElectionService/AmLeader': 'ask',
  'sharedlock.v1.ElectionService/Unseat': 'keep',

  'sharedlock.v1.CounterService/GetCounter': 'ask',
  'sharedlock.v1.CounterService/ListCounters': 'ask',
  'sharedlock.v1.CounterService/WatchCounter': 'wait',
  'sharedlock.v1.CounterService/Add': 'ask',
  'sharedlock.v1.CounterService/SetCounter': 'ask',
  'sharedlock.v1.CounterService/DeleteCounter': 'ask',
  'sharedlock.v1.CounterService/IncreaseExclusive': 'wait',

  'sharedlock.v1.MessageService/PutMessage': 'ask',
  'sharedlock.v1.MessageService/GetMessage': 'ask',
  'sharedlock.v1.MessageService/DeleteMessage': 'ask',

  'sharedlock.v1.ConfigService/CreateConfig': 'ask',
  'sharedlock.v1.ConfigService/PutConfig': 'ask',
  'sharedlock.v1.ConfigService/PatchConfig': 'ask',
  'sharedlock.v1.ConfigService/DeleteConfig': 'ask',
  'sharedlock.v1.ConfigService/GetConfig': 'ask',
  'sharedlock.v1.ConfigService/ListConfigs': 'ask',
  'sharedlock.v1.ConfigService/WatchConfigs': 'wait',
  'sharedlock.v1.ConfigService/SetConfigEnabled': 'ask',
  'sharedlock.v1.ConfigService/RollbackConfig': 'ask',
  'sharedlock.v1.ConfigService/ListConfigVersions': 'ask',

  'sharedlock.v1.AccessService/WhoAmI': 'ask',
  // It carries what keeps locks, too; each of its calls counts by itself.
  'sharedlock.v1.CallService/CallStream': 'keepOpen',

  'grpc.health.v1.Health/Check': 'health',
  'grpc.health.v1.Health/List': 'health',
  'grpc.health.v1.Health/Watch': 'wait',
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': 'wait',
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': 'wait',
};

const BY_PATH: ReadonlyMap<string, Work> = new Map(
  Object.entries(WORK).map(([name, work]) => [`/${name}`, work]),
);

/** @param path such as `/sharedlock.v1.LockService/Acquire`. Undefined: it is no method of ours. */
export function knownWorkOf(path: string): Work | undefined {
  return BY_PATH.get(path);
}

/** @param path such as `/sharedlock.v1.LockService/Acquire`. @throws TypeError if it says no priority: a defect. */
export function workOf(path: string): Work {
  const work = BY_PATH.get(path);
  if (work === undefined) throw new TypeError(`${path} has no line in work.ts`);
  return work;
}

/** Served when all else is refused. */
export function isFirst(work: Work): boolean {
  return work !== 'ask' && work !== 'wait' && work !== 'stray';
}
