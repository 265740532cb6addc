type Message = Readonly<Record<string, unknown>>;

const STATES = new Set<unknown>(['STATE', 'RESYNC', 'SYNCED']);

/**
 * Holds the messages of one watch of whatever kind, as a service tells them or a wire, to what all watches promise: revisions never
 * fall, nothing is told twice, and what is told fits what was told before. For one stream, or for several of a client library.
 */
export class WatchChecker {
  #revision = 0;
  #hasState = false;
  /** What was told at each of the last two revisions: of some documents of one revision all but the last have the one before. */
  #told = new Map<number, Set<string>>();
  /** Of locks and elections: the tokens of those who hold it. */
  #holders: Set<string> | undefined;
  #waiters = 0;
  /** Of documents: the revision of each. */
  readonly #documents = new Map<string, number>();
  #isOver = false;

  /** What is wrong with a message; undefined: nothing. */
  see(event: object): string | undefined {
    const message = event as Message;
    if (this.#isOver) return 'a message after the last one';
    this.#isOver = 'lost' in message || message.kind === 'lost' || message.kind === 'LOST';
    // A watch of a lease has none.
    if (!('revision' in message)) return undefined;
    const revision = Number(message.revision);
    const isState = STATES.has(message.kind) || message.resync === true;
    const wrong = this.#order(message, revision, isState) ?? this.#content(message, isState);
    this.#hasState ||= isState && revision > 0;
    return wrong === undefined ? undefined : `${wrong}: ${textOf(message)}`;
  }

  #order(message: Message, revision: number, isState: boolean): string | undefined {
    // The documents of the beginning, up to SYNCED.
    if (revision === 0) {
      if (message.kind === 'RESYNC') this.#hasState = false;
      else if (this.#hasState) return 'no revision after the state was told';
      return undefined;
    }
    if (revision < this.#revision) return `back in time, from ${this.#revision}`;
    this.#revision = revision;
    if (isState) {
      this.#told.clear();
      return undefined;
    }
    // Two who wait can be alike.
    if (hasMember(message, 'waiter')) return undefined;
    const text = textOf({ ...message, revision: undefined });
    for (const known of this.#told.keys()) if (known < revision - 1) this.#told.delete(known);
    if ([...this.#told.values()].some((told) => told.has(text))) return 'told twice';
    const told = this.#told.get(revision) ?? new Set();
    this.#told.set(revision, told.add(text));
    return undefined;
  }

  #content(message: Message, isState: boolean): string | undefined {
    if (hasMember(message, 'config') || 'name' in message) return this.#document(message);
    if (isState) {
      const lock = memberOf(message, 'lock') ?? memberOf(message, 'election');
      if (lock === undefined) return undefined;
      const leader = memberOf(lock, 'leader');
      const holders = (lock.holders as Message[] | undefined) ?? (leader ? [leader] : []);
      this.#holders = new Set(holders.map(tokenOf));
      this.#waiters = Number(lock.waiterCount ?? 0);
      return undefined;
    }
    // A stream that was resumed begins with what nobody here knows.
    if (this.#holders === undefined) return undefined;
    const holder = memberOf(message, 'holder') ?? memberOf(message, 'leader');
    if (holder !== undefined) return this.#holder(message.kind, tokenOf(holder));
    if (message.kind === 'QUEUED') this.#waiters++;
    if (message.kind === 'DEQUEUED' && --this.#waiters < 0) return 'nobody waited';
    return undefined;
  }

  #holder(kind: unknown, token: string): string | undefined {
    const isHeld = this.#holders?.has(token) === true;
    if (kind === 'ACQUIRED' || kind === 'ELECTED') {
      if (kind === 'ELECTED' && this.#holders?.size !== 0) return 'there was a leader';
      this.#holders?.add(token);
      return isHeld ? 'it held it' : undefined;
    }
    if (kind !== 'PROCLAIMED') this.#holders?.delete(token);
    return isHeld ? undefined : 'it did not hold it';
  }

  #document(message: Message): string | undefined {
    const config = memberOf(message, 'config');
    // Of a document that went, and comes again, the revision grows all the same.
    if (config === undefined) return undefined;
    const name = String(config.name);
    const revision = Number(config.revision);
    const before = this.#documents.get(name) ?? 0;
    this.#documents.set(name, revision);
    if (revision < before) return 'an older version';
    return revision === before && this.#hasState ? 'the same version again' : undefined;
  }
}

/** The same stream. What is wrong in it fails the test that runs, whoever reads the stream. */
export async function* checkedWatch<E extends object>(
  stream: AsyncIterable<E>,
): AsyncGenerator<E, void, undefined> {
  const checker = new WatchChecker();
  for await (const event of stream) {
    failIf(checker.see(event));
    yield event;
  }
}

/** As an exception that nobody catches. */
export function failIf(wrong: string | undefined): void {
  if (wrong === undefined) return;
  const error = new Error(`a watch told what it must not: ${wrong}`);
  setImmediate(() => {
    throw error;
  });
}

function hasMember(message: Message, name: string): boolean {
  return memberOf(message, name) !== undefined;
}

function memberOf(message: Message, name: string): Message | undefined {
  const member = message[name];
  return typeof member === 'object' && member !== null ? (member as Message) : undefined;
}

function tokenOf(holder: Message): string {
  return String(holder.fencingToken ?? holder.term);
}

function textOf(message: Message): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value.entries()] : value,
  );
}
