import type { Rights } from '../../service/caller.js';
import { daemonStopping, Fault } from '../../core/errors.js';
import type { Asked } from '../access/needs.js';
import type { Call, CallLife, Wire } from './call.js';

/** The life of one call on a wire: aborted once, with the fault that explains why. What a handler sees of it is the call. */
export class CallScope implements Call, CallLife {
  readonly wire: Wire;
  readonly peer: string;
  readonly deadlineMs: number | undefined;
  /** Whose share of what the wires have it takes: the caller's address. `user`, of what services have, may be a principal. */
  readonly wireUser: string | undefined;
  user: string | undefined;
  /** Of the caller, once it is known who that is. */
  rights: Rights | undefined;
  allowed: Asked | undefined;
  /** Called once, when it is over. */
  onEnd: (() => void) | undefined;
  #controller: AbortController | undefined;
  #cause: Fault | undefined;

  /** @param peer where the caller is: address and port, or `unix`. @param user as `Caller` has it. */
  constructor(wire: Wire, peer: string, user?: string, deadlineMs?: number) {
    this.wire = wire;
    this.peer = peer;
    this.wireUser = user;
    this.user = user;
    this.deadlineMs = deadlineMs;
  }

  get call(): Call {
    return this;
  }

  get life(): CallLife {
    return this;
  }

  /** Most calls are over before anybody asks for it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cause !== undefined) this.#controller.abort(this.#cause);
    }
    return this.#controller.signal;
  }

  hasLeft(): boolean {
    return this.#cause !== undefined;
  }

  /** Before anything is counted for it. @param user whose share it takes from here. */
  identified(rights: Rights, user: string | undefined): void {
    this.rights = rights;
    this.user = user;
  }

  /** Why it was aborted; undefined if it was not. */
  get cause(): Fault | undefined {
    return this.#cause;
  }

  /** @param turn when those who listen are told: of many calls that are aborted together each has its turn. Absent: now. */
  abort(cause: Fault, turn?: Promise<void>): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    if (turn === undefined) this.#controller?.abort(cause);
    else void turn.then(() => this.#controller?.abort(cause));
  }
}

/** The calls that a server has under way, so that stopping can end them. */
export class CallSet {
  readonly #scopes = new Map<CallScope, 'stream' | 'unary'>();
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#scopes.size;
  }

  all(): Iterable<CallScope> {
    return this.#scopes.keys();
  }

  has(scope: CallScope): boolean {
    return this.#scopes.has(scope);
  }

  add(scope: CallScope, kind: 'stream' | 'unary'): void {
    this.#scopes.set(scope, kind);
  }

  delete(scope: CallScope): void {
    this.#scopes.delete(scope);
    scope.onEnd?.();
    scope.onEnd = undefined;
    if (this.#scopes.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  abort(kind?: 'stream' | 'unary'): void {
    for (const [scope, itsKind] of this.#scopes) {
      if (kind === undefined || kind === itsKind) scope.abort(stopping());
    }
  }

  /** Ends the calls of one connection, by the address and port of its other end. */
  abortOf(peer: string, cause: Fault): void {
    for (const scope of this.#scopes.keys()) {
      if (scope.call.peer === peer) scope.abort(cause);
    }
  }

  /** Resolves when there is none. */
  idle(): Promise<void> {
    if (this.#scopes.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#idle.push(resolve));
  }
}

/** Made once: thousands may go at a time, and to write down where a fault was made takes long. */
const CALLER_GONE = new Fault('CANCELLED', 'the caller went away');

export function callerGone(): Fault {
  return CALLER_GONE;
}

export function deadlinePassed(): Fault {
  return new Fault('DEADLINE_EXCEEDED', 'the deadline passed before there was an answer');
}

export function stopping(): Fault {
  return daemonStopping('the daemon is stopping: go on at another one');
}
