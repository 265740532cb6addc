import type { IDuplexStream, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import type { LeaseId } from '../../core/lease-id.js';
import type { Connection } from './connection.js';
import type { Answer } from './raft-term.js';
import { toNumber } from './wire.js';

type Wire = IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

export interface KeepAliveListener<T> {
  /** A request was answered. TTL in seconds; 0: no such lease. */
  answered(request: T, ttlSeconds: number, answer: Answer): void;
  /** The last call. What was not answered is given back. */
  ended(unanswered: readonly T[]): void;
}

/**
 * One keepalive stream of etcd, for any number of leases. etcd answers in the order it was asked, so an answer
 * belongs to the oldest request for its lease.
 */
export class KeepAliveStream<T extends { readonly id: LeaseId }> {
  readonly connection: Connection;
  readonly #wire: Wire;
  readonly #listener: KeepAliveListener<T>;
  readonly #asked = new Map<LeaseId, T[]>();
  #ended = false;

  constructor(connection: Connection, wire: Wire, listener: KeepAliveListener<T>) {
    this.connection = connection;
    this.#wire = wire;
    this.#listener = listener;
    wire.on('data', (response) => this.#take(response));
    wire.on('error', () => this.#end());
    wire.on('end', () => this.#end());
  }

  get isIdle(): boolean {
    return this.#asked.size === 0;
  }

  send(request: T): void {
    const asked = this.#asked.get(request.id);
    if (asked === undefined) this.#asked.set(request.id, [request]);
    else asked.push(request);
    this.#wire.write({ ID: request.id });
  }

  close(): void {
    this.#end();
    this.#wire.cancel();
  }

  #take(response: ILeaseKeepAliveResponse): void {
    // The wire's int64 as decimal text is how we write lease IDs.
    const id = response.ID as LeaseId;
    const asked = this.#asked.get(id);
    const request = asked?.shift();
    if (asked?.length === 0) this.#asked.delete(id);
    if (request === undefined) return;
    this.#listener.answered(request, toNumber(response.TTL), response);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const unanswered = [...this.#asked.values()].flat();
    this.#asked.clear();
    this.#listener.ended(unanswered);
  }
}
