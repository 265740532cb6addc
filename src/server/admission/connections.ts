import type { Socket } from 'node:net';
import type { Refusal, SharedPool } from '../../core/shares.js';

/** Beyond the limit so many are let in, to ask for what comes first. */
const MAX_GUESTS = 64;

export type Wire = 'grpc' | 'http';

type UserOf = (address: string | undefined) => string | undefined;

interface Guest {
  readonly socket: Socket;
  readonly wire: Wire;
  readonly refusal: Refusal;
}

/**
 * The connections of both servers. Beyond the limit, or its share of it, one is a guest: it gets an answer only to what comes first
 * (renewals, releases, health, metrics), and not for long. The guest who came first has to go when there are too many, so that
 * a probe gets its answer whoever else tries to come in.
 */
export class Connections {
  readonly #pool: SharedPool;
  readonly #userOf: UserOf;
  readonly #onCame: () => void;
  readonly #onSent: (wire: Wire, refusal: Refusal) => void;
  /** By address and port, in the order in which they came. */
  readonly #guests = new Map<string, Guest>();
  #unnamed = 0;

  /** @param onCame is told of each one. @param onSent is told of guests that had to go for others. */
  constructor(
    pool: SharedPool,
    userOf: UserOf,
    onCame: () => void,
    onSent: (wire: Wire, refusal: Refusal) => void,
  ) {
    this.#onCame = onCame;
    this.#pool = pool;
    this.#userOf = userOf;
    this.#onSent = onSent;
  }

  /** Until it is closed. @param socket of TCP, before TLS, or of a Unix socket. */
  enter(wire: Wire, socket: Socket): void {
    this.#onCame();
    const user = this.#userOf(socket.remoteAddress);
    const refusal = this.#pool.enter(user);
    if (refusal === undefined) socket.once('close', () => this.#pool.leave(user));
    else this.#letIn({ socket, wire, refusal });
  }

  /** Why a connection is a guest; undefined: it is none. @param name address and port of its other end. */
  guestRefusal(name: string): Refusal | undefined {
    return this.#guests.size === 0 ? undefined : this.#guests.get(name)?.refusal;
  }

  #letIn(guest: Guest): void {
    const { socket } = guest;
    const [oldest] = this.#guests;
    if (this.#guests.size >= MAX_GUESTS && oldest !== undefined) this.#send(...oldest);
    const name = this.#nameOf(socket);
    this.#guests.set(name, guest);
    socket.once('close', () => {
      if (this.#guests.get(name) === guest) this.#guests.delete(name);
    });
  }

  /** One of a Unix socket is known by nothing that a request of it has: it is answered like others as long as there is room for guests. */
  #nameOf({ remoteAddress, remotePort }: Socket): string {
    return remoteAddress === undefined
      ? `unix ${++this.#unnamed}`
      : `${remoteAddress}:${remotePort ?? ''}`;
  }

  #send(name: string, { socket, wire, refusal }: Guest): void {
    // Its end is told later.
    this.#guests.delete(name);
    socket.destroy();
    this.#onSent(wire, refusal);
  }
}
