import { daemonStopping, Fault } from '../../core/errors.js';
import type { Call, Wire } from './call.js';

/** The life of one call on a wire: aborted once, with the fault that explains why. */
export class CallScope {
  readonly call: Call;
  #controller: AbortController | undefined;
  #cause: Fault | undefined;

  /** @param peer where the caller is: address and port, or `unix`. @param user as `Caller` has it. */
  constructor(wire: Wire, peer: string, user?: string, deadlineMs?: number) {
    const signal = (): AbortSignal => this.#signal();
    this.call = {
      wire,
      peer,
      user,
      deadlineMs,
      // Most calls are over before anybody asks for it.
      get signal() {
        return signal();
      },
      hasLeft: () => this.#cause !== undefined,
    };
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

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cause !== undefined) this.#controller.abort(this.#cause);
    }
    return this.#controller.signal;
  }
}

/** The calls that a server has under way, so that stopping can end them. */
export class CallSet {
  readonly #scopes = new Map<CallScope, 'stream' | 'unary'>();
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#scopes.size;
  }

  has(scope: CallScope): boolean {
    return this.#scopes.has(scope);
  }

  add(scope: CallScope, kind: 'stream' | 'unary'): void {
    this.#scopes.set(scope, kind);
  }

  delete(scope: CallScope): void {
    this.#scopes.delete(scope);
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
