import type { Clock } from '../../clock/clock.js';
import { type Fault, unavailable } from '../../core/errors.js';
import type { Connection } from './connection.js';
import type { EtcdTls } from './options.js';
import { within } from '../../clock/within.js';

/** How long a member that failed is not chosen while another can be reached, in milliseconds. */
const SHUN_MS = 3000;
/** How long we look at all members before we look again, in milliseconds. */
const ROUND_MS = 1000;
/** A connection that is not up after so many milliseconds is given up: the host took it and says nothing. */
const CONNECT_MS = 3000;

interface Member {
  readonly connection: Connection;
  failedMs: number;
  answeredMs: number;
}

/**
 * Chooses the member to talk to: one and the same as long as it answers, else the next that does. Calls are
 * only ever sent on a connection that is up, so what waits here was not sent.
 */
export class Endpoints {
  readonly #clock: Clock;
  readonly #members: readonly Member[];
  #current: Member;
  #round: Promise<void> | undefined;
  #trouble: () => void = () => undefined;
  #closed = false;

  constructor(clock: Clock, connections: readonly Connection[]) {
    this.#clock = clock;
    this.#members = connections.map((connection) => ({
      connection,
      failedMs: -Infinity,
      answeredMs: -Infinity,
    }));
    const [first] = this.#members;
    if (first === undefined) throw new TypeError('no etcd endpoint is given');
    this.#current = first;
    for (const member of this.#members) {
      member.connection.onLost(() => {
        if (member === this.#current) this.#trouble();
      });
    }
  }

  get current(): Connection {
    return this.#current.connection;
  }

  /** Whether more than one is known: behind one there may be several. */
  get areSeveral(): boolean {
    return this.#members.length > 1;
  }

  /** Calls the listener when the member that we talk to is lost, or does not answer a call. */
  onTrouble(listener: () => void): void {
    this.#trouble = listener;
  }

  /** A connection that is up. @throws Fault UNAVAILABLE after `withinMs`: nothing was sent. */
  async acquire(withinMs: number): Promise<Connection> {
    const untilMs = this.#clock.now() + withinMs;
    for (;;) {
      if (this.#closed) throw closedFault();
      if (this.#current.connection.isReady) return this.#current.connection;
      const leftMs = untilMs - this.#clock.now();
      if (leftMs <= 0) throw outOfReach();
      this.#round ??= this.#find().finally(() => (this.#round = undefined));
      await within(this.#clock, leftMs, this.#round);
    }
  }

  /** Whether a member can be connected to: false as soon as all have refused, or else after `withinMs`. */
  async canConnect(withinMs: number): Promise<boolean> {
    if (this.#closed || this.#current.connection.isReady) return !this.#closed;
    return (await firstReady(this.#members, withinMs, true)) !== undefined;
  }

  /** A connection to another member if one is up or comes up in time, else as `acquire`. */
  async acquireOther(than: Connection, withinMs: number): Promise<Connection> {
    const others = this.#inTurn(than).filter((member) => !this.#isShunned(member));
    if (!this.#closed) {
      const found = await firstReady(others, Math.min(withinMs, ROUND_MS), true);
      if (found !== undefined) return found.connection;
    }
    return this.acquire(withinMs);
  }

  /** A call got an answer, be it an error. */
  answered(connection: Connection): void {
    const member = this.#memberOf(connection);
    member.answeredMs = this.#clock.now();
    member.failedMs = -Infinity;
  }

  /** A call that began at `startedMs` got no answer. A connection that has been silent since is replaced. */
  failed(connection: Connection, startedMs: number, timedOut: boolean): void {
    if (this.#closed) return;
    const member = this.#memberOf(connection);
    const silent = member.answeredMs < startedMs;
    if (timedOut && !silent) return;
    member.failedMs = this.#clock.now();
    if (member === this.#current) {
      this.#current = this.#inTurn(connection).find((other) => !this.#isShunned(other)) ?? member;
    }
    // Not twice for the many calls that were on it.
    if (timedOut && connection.ageMs > this.#clock.now() - startedMs) connection.replace();
    this.#trouble();
  }

  rotateTls(tls: EtcdTls): void {
    if (this.#closed) return;
    for (const { connection } of this.#members) connection.rotate(tls);
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#members) connection.close();
  }

  /** One round: makes the first member that is up the current one. */
  async #find(): Promise<void> {
    const trusted = this.#members.filter((member) => !this.#isShunned(member));
    const found =
      (await firstReady(trusted, ROUND_MS, true)) ?? (await firstReady(this.#members, ROUND_MS));
    if (this.#closed) return;
    if (found !== undefined) {
      this.#current = found;
      return;
    }
    for (const { connection } of this.#members) {
      if (!connection.isReady && connection.ageMs > CONNECT_MS) connection.replace();
    }
  }

  #isShunned(member: Member): boolean {
    return this.#clock.now() - member.failedMs < SHUN_MS;
  }

  /** All other members, beginning with the one after this. */
  #inTurn(than: Connection): Member[] {
    const at = this.#members.findIndex((member) => member.connection === than);
    return [...this.#members.slice(at + 1), ...this.#members.slice(0, at)];
  }

  #memberOf(connection: Connection): Member {
    const member = this.#members.find((candidate) => candidate.connection === connection);
    if (member === undefined) throw new TypeError('not one of our connections');
    return member;
  }
}

function firstReady(
  members: readonly Member[],
  withinMs: number,
  unlessRefused = false,
): Promise<Member | undefined> {
  return new Promise((resolve) => {
    let left = members.length;
    if (left === 0) resolve(undefined);
    for (const member of members) {
      void member.connection.waitReady(withinMs, unlessRefused).then((ready) => {
        left -= 1;
        if (ready) resolve(member);
        else if (left === 0) resolve(undefined);
      });
    }
  });
}

/** For callers: it names no address. */
export function outOfReach(): Fault {
  return unavailable('etcd is out of reach; nothing was sent to it');
}

export function closedFault(): Fault {
  return unavailable('the store is closed');
}
