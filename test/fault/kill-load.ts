import { createHash } from 'node:crypto';
import { WireError, type Json, type Method, type WireClient } from '../support/wire-client.js';
import { grantIn } from '../e2e/worlds.js';

/** What is known of a lock: who was granted it and with which token, or that it was released. */
export type LockFact =
  | { readonly held: true; readonly owner: string; readonly token: string; readonly lease: string }
  | { readonly held: false };

/**
 * Clients that write without a break until the daemon is gone, and remember what it acknowledged. What was under
 * way then is not known: it may have been done or not, but not half.
 */
export class KillLoad {
  acknowledged = 0;
  /** Additions to the counter `plain`. */
  readonly added: { acknowledged: number; unknown: number } = { acknowledged: 0, unknown: 0 };
  /** Request ids of additions to the counter `by id`, with the value that was answered. */
  readonly ids = new Map<string, string | undefined>();
  readonly locks = new Map<string, LockFact>();
  /** Owners of locks whose grant or release was not answered. */
  readonly unknownLocks = new Map<string, string>();
  /** Texts by digest. */
  readonly messages = new Map<string, string>();
  /** By name, the highest version that was acknowledged; -1: none. */
  readonly configs = new Map<string, number>();
  readonly #client: WireClient;

  constructor(client: WireClient) {
    this.#client = client;
  }

  /** Resolves when the daemon is gone. */
  async run(round: number): Promise<void> {
    await Promise.all([
      ...[0, 1].map(() => this.#until(() => this.#add())),
      this.#until((n) => this.#addById(`${round} ${n}`)),
      ...['a', 'b'].map((who) => this.#until((n) => this.#lock(`l/${round}/${who}${n}`, n))),
      this.#until((n) => this.#message(`${round} ${n} é🦉 ${'x'.repeat((n % 10) * 500)}`)),
      this.#until(() => this.#config(`d ${round}`)),
    ]);
  }

  async #until(write: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; ; n++) {
      try {
        await write(n);
      } catch (error) {
        if (error instanceof WireError && error.code === 'UNREACHABLE') return;
        throw error;
      }
      this.acknowledged++;
    }
  }

  #call(method: Method, request: Json): Promise<Json> {
    return this.#client.call(method, request);
  }

  async #add(): Promise<void> {
    this.added.unknown++;
    await this.#call('Add', { name: 'plain', delta: 1 });
    this.added.unknown--;
    this.added.acknowledged++;
  }

  async #addById(requestId: string): Promise<void> {
    this.ids.set(requestId, undefined);
    const { value } = await this.#call('Add', { name: 'by id', delta: 1, requestId });
    this.ids.set(requestId, String(value));
  }

  /** Every third one is released again. */
  async #lock(name: string, n: number): Promise<void> {
    const owner = `owner of ${name}`;
    this.unknownLocks.set(name, owner);
    const grant = grantIn(await this.#call('Acquire', { name, owner, ttl: '600s' }));
    const { leaseId: lease, fencingToken: token } = grant;
    if (n % 3 === 0) {
      await this.#call('Release', { name, leaseId: lease });
      this.locks.set(name, { held: false });
    } else this.locks.set(name, { held: true, owner, token, lease });
    this.unknownLocks.delete(name);
  }

  async #message(message: string): Promise<void> {
    const { digest } = await this.#call('PutMessage', { message });
    const expected = createHash('sha256').update(message).digest('hex');
    if (digest !== expected) throw new Error(`the digest is ${String(digest)}, not ${expected}`);
    this.messages.set(expected, message);
  }

  async #config(name: string): Promise<void> {
    const last = this.configs.get(name) ?? -1;
    this.configs.set(name, last);
    const document = documentOf(name, last + 1);
    const { version } = await this.#call('PutConfig', { namespace: 'kills', name, document });
    if (version !== last + 1) throw new Error(`version ${String(version)} follows ${last}`);
    this.configs.set(name, last + 1);
  }
}

/** What is written as a version of a document. */
export function documentOf(name: string, version: number): string {
  return JSON.stringify({ name, version, filler: 'y'.repeat((version % 5) * 100) });
}
