import { connect, LockLostError } from '../../src/index.js';
import type { Client, ConfigChange, FencedBy, Leadership, Lease, Lock } from '../../src/index.js';

/** A line of the suite; which members there are depends on `do`. */
export interface Command {
  readonly id: number;
  readonly do: string;
  readonly [member: string]: unknown;
}

interface Call {
  readonly signal: AbortSignal;
  readonly underWay: ReadonlyMap<number, AbortController>;
}

type Run = (command: Command, call: Call) => Promise<object> | object;

/** The reason of a command that was given up. */
export const CANCELLED = new Error('the command was cancelled');

/** A lock, or the term of a leader, for all that they have in common. */
interface Held {
  readonly token: number;
  readonly state: Lock['state'];
  readonly signal: AbortSignal;
  readonly fence: FencedBy;
  release(): Promise<boolean>;
}

let client: Client;
const held = new Map<string, Held>();
const sessions = new Map<string, Lease>();

export const COMMANDS: Readonly<Record<string, Run>> = {
  connect: (command) => {
    client = connect({
      addresses: command.addresses as string[],
      ...given('deadlineMs', command.deadline_ms),
      ...given('owner', command.owner),
    });
    return {};
  },
  lock: async (command, { signal }) => {
    const options = { signal, ...takeOptions(command) };
    const session = sessions.get(String(command.session));
    const lock = await (session ?? client).tryAcquire(text(command.name), options);
    return lock === undefined ? { acquired: false } : keep(text(command.lock), heldLock(lock));
  },
  elect: async (command, { signal }) => {
    const options = {
      ...{ signal, ...takeOptions(command) },
      ...given('candidate', command.candidate),
      ...given('value', command.value),
    };
    try {
      const leadership = await client.election(text(command.name)).campaign(options);
      return keep(text(command.lock), heldTerm(leadership));
    } catch (error) {
      if (error instanceof Error && error.name === 'NotAcquiredError') return { acquired: false };
      throw error;
    }
  },
  held: (command) => ({ held: isHeld(heldAs(command.lock)) }),
  work: (command) => {
    work(text(command.lock), command.every_ms as number);
    return {};
  },
  release: async (command) => ({ released: await heldAs(command.lock).release() }),
  cancel: (command, { underWay }) => {
    underWay.get(command.call as number)?.abort(CANCELLED);
    return {};
  },
  session: async (command, { signal }) => {
    const lease = await client.lease({ signal, ...given('ttlMs', command.ttl_ms) });
    sessions.set(text(command.session), lease);
    return { ttl_ms: lease.ttlMs };
  },
  revoke: async (command) => ({
    revoked: await sessions.get(text(command.session))?.revoke(),
  }),
  counter_add: async (command, { signal }) => {
    const counter = client.counter(text(command.name));
    const change = await counter.add(BigInt(text(command.delta)), { signal, ...under(command) });
    return { value: String(change.value), previous: String(change.previous) };
  },
  config_put: async (command, { signal }) => {
    const options = { signal, ...under(command), ...given('ifMatch', command.if_match) };
    const configs = client.configs(text(command.namespace));
    const config = await configs.put(text(command.name), text(command.document), options);
    return { version: config.version, etag: config.etag };
  },
  config_patch: async (command, { signal }) => {
    const configs = client.configs(text(command.namespace));
    const config = await configs.patch(text(command.name), text(command.patch), 'MERGE_PATCH', {
      signal,
    });
    return { version: config.version, etag: config.etag };
  },
  config_get: async (command, { signal }) => {
    const configs = client.configs(text(command.namespace));
    const options = { signal, consistency: 'LINEARIZABLE' } as const;
    const config = await configs.get(text(command.name), options);
    return { version: config.version, etag: config.etag, document: config.document };
  },
  config_watch: (command) => {
    const changes = client.configs(text(command.namespace)).watch();
    void tellEach(changes, (change) => {
      tell({ event: 'config', watch: command.watch, kind: change.kind, ...about(change) });
    });
    return {};
  },
  observe: (command) => {
    const events = client.election(text(command.name)).observe();
    void tellEach(events, (event) => {
      const leader = 'election' in event ? event.election.leader : event.leader;
      const candidate = event.kind === 'VACATED' ? null : (leader?.candidate ?? null);
      tell({ event: 'leader', watch: command.watch, candidate });
    });
    return {};
  },
  close: async () => {
    await client.close();
    return {};
  },
};

function keep(handle: string, lock: Held): object {
  held.set(handle, lock);
  const lost = (): void => {
    const { reason } = lock.signal as { reason: unknown };
    if (!(reason instanceof LockLostError)) return;
    tell({ event: 'lost', lock: handle, why: reason.why.kind, at_ms: Date.now() });
  };
  if (lock.signal.aborted) lost();
  else lock.signal.addEventListener('abort', lost, { once: true });
  return { acquired: true, token: lock.token };
}

function work(handle: string, everyMs: number): void {
  const lock = heldAs(handle);
  const timer = setInterval(() => {
    const atMs = Date.now();
    if (isHeld(lock)) tell({ event: 'work', lock: handle, token: lock.token, at_ms: atMs });
    else clearInterval(timer);
  }, everyMs);
}

function isHeld({ state }: Held): boolean {
  return state !== 'LOST' && state !== 'RELEASED';
}

function heldLock(lock: Lock): Held {
  return {
    get state() {
      return lock.state;
    },
    token: lock.fencingToken,
    signal: lock.signal,
    fence: lock,
    release: () => lock.release(),
  };
}

function heldTerm(leadership: Leadership): Held {
  return {
    get state() {
      return leadership.state;
    },
    token: leadership.term,
    signal: leadership.signal,
    fence: leadership,
    release: () => leadership.resign(),
  };
}

function heldAs(handle: unknown): Held {
  const lock = held.get(text(handle));
  if (lock === undefined) throw new Error(`no lock ${text(handle)}`);
  return lock;
}

function under(command: Command): { readonly fence?: FencedBy } {
  return command.under === undefined ? {} : { fence: heldAs(command.under).fence };
}

function takeOptions(command: Command): { readonly ttlMs?: number; readonly waitMs: number } {
  return {
    ...given('ttlMs', command.session === undefined ? command.ttl_ms : undefined),
    waitMs: (command.wait_ms as number | undefined) ?? Infinity,
  };
}

function about(change: ConfigChange): object {
  if (change.kind === 'PUT') return { name: change.config.name, version: change.config.version };
  return change.kind === 'DELETED' ? { name: change.name } : {};
}

/** A watch that ends with an error says so on standard error. */
async function tellEach<T>(events: AsyncIterable<T>, say: (event: T) => void): Promise<void> {
  try {
    for await (const event of events) say(event);
  } catch (error) {
    console.error(`a watch has ended: ${String(error)}`);
  }
}

function tell(event: object): void {
  console.log(JSON.stringify(event));
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`a text was expected, not ${String(value)}`);
  return value;
}

/** An option, if the suite gives it: of the type that the library takes. */
function given<N extends string>(name: N, value: unknown): Partial<Record<N, never>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<N, never>>;
}
