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
  readonly #onGone: (name: string) => void;
  readonly #onSent: (wire: Wire, refusal: Refusal) => void;
  /** By address and port, in the order in which they came. */
  readonly #guests = new Map<string, Guest>();
  #unnamed = 0;

  /**
   * @param onCame is told of each one. @param onGone too, at its end, by its address and port.
   * @param onSent is told of guests that had to go for others.
   */
  constructor(
    pool: SharedPool,
    userOf: UserOf,
    onCame: () => void,
    onGone: (name: string) => void,
    onSent: (wire: Wire, refusal: Refusal) => void,
  ) {
    this.#onCame = onCame;
    this.#onGone = onGone;
    this.#pool = pool;
    this.#userOf = userOf;
    this.#onSent = onSent;
  }

  /**
   * Until it is closed. @param socket of TCP, before TLS, or of a Unix socket.
   * @returns false if the caller has left already: then it is closed. While connections wait to be taken, those who come and go are many.
   */
  enter(wire: Wire, socket: Socket): boolean {
    this.#onCame();
    if (isReset(socket)) {
      socket.destroy();
      return false;
    }
    const user = this.#userOf(socket.remoteAddress);
    const refusal = this.#pool.enter(user);
    const name = this.#nameOf(socket);
    socket.once('close', () => {
      if (refusal === undefined) this.#pool.leave(user);
      this.#onGone(name);
    });
    if (refusal !== undefined) this.#letIn(name, { socket, wire, refusal });
    return true;
  }

  /** Why a connection is a guest; undefined: it is none. @param name address and port of its other end. */
  guestRefusal(name: string): Refusal | undefined {
    return this.#guests.size === 0 ? undefined : this.#guests.get(name)?.refusal;
  }

  #letIn(name: string, guest: Guest): void {
    const { socket } = guest;
    const [oldest] = this.#guests;
    if (this.#guests.size >= MAX_GUESTS && oldest !== undefined) this.#send(...oldest);
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

/** Whether the other end has reset the connection: only then has one of TCP no address there. */
function isReset({ remoteAddress, localAddress }: Socket): boolean {
  return remoteAddress === undefined && localAddress !== undefined;
}
