import type { LeaseState, LossCause } from '../../core/lease-state.js';
import { LeaseLostError } from '../errors.js';
import { truthfulAny, truthfulController } from '../keeping/held-signal.js';
import type { KeptLease } from '../keeping/keeper.js';
import type { StateListener } from '../keeping/lease-guard.js';
import type { ClientParts } from '../parts.js';
import { Turns } from '../turns.js';

/** Of a lease, and of a lock: LOST is what nobody chose, RELEASED is what its owner did. */
export type HoldState = 'HELD' | 'SUSPECT' | 'LOST' | 'RELEASED';

/** A lease of this client, as one may look at it. */
export interface LeaseStatus {
  /** Who has it may renew and release: keep it to yourself, and out of logs. */
  readonly id: string;
  /** What was granted, in milliseconds. */
  readonly ttlMs: number;
  /** SUSPECT: half of the TTL has passed without a renewal, or the process stood still; it is being renewed. */
  readonly state: HoldState;
  /** Until it counts as lost if no renewal succeeds, in milliseconds; 0 once it is over. */
  readonly remainingMs: number;
  /**
   * What daemons refuse to renew it with now, as the caller may not, or is not known. It is tried again until it succeeds, or `remainingMs` is over.
   * Undefined: they don't.
   */
  readonly refusal: string | undefined;
  /**
   * Aborts, with a LeaseLostError as its reason, when the lease is lost; not when it is released. `AbortSignal.any` of it does
   * not look at the clock as this does; `signalWith` does.
   */
  readonly signal: AbortSignal;
  /** `signal` and others in one: aborts with the first of them, and looks at the clock as `signal` does. */
  signalWith(...others: readonly AbortSignal[]): AbortSignal;
}

/** Questions about locks at once, after a renewal: what their user asks himself must not have to wait behind thousands. */
const MAX_CONFIRMING = 32;

/** A lease that is kept alive. */
export class HeldLease implements LeaseStatus {
  readonly id: string;
  readonly ttlMs: number;
  readonly #parts: ClientParts;
  readonly #kept: KeptLease;
  readonly #controller: AbortController;
  /** Whether it still holds its locks is asked in these. */
  readonly confirming = new Turns(MAX_CONFIRMING);
  readonly #over: (() => void)[] = [];
  #revoked: Promise<boolean> | undefined;
  #isReleased = false;

  constructor(
    parts: ClientParts,
    lease: { readonly id: string; readonly ttlMs: number; readonly sentAtMs: number },
  ) {
    this.id = lease.id;
    this.ttlMs = lease.ttlMs;
    this.#parts = parts;
    this.#kept = parts.keeper.keep(lease.id, lease.sentAtMs, lease.ttlMs);
    this.#controller = truthfulController(() => this.tick());
    this.listen((after) => this.#follow(after));
    this.#follow(this.#kept.guard.state);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  signalWith(...others: readonly AbortSignal[]): AbortSignal {
    return truthfulAny([this.signal, ...others]);
  }

  get state(): HoldState {
    return this.#isReleased ? 'RELEASED' : this.#kept.guard.state.kind;
  }

  get remainingMs(): number {
    const { state } = this.#kept.guard;
    if (this.#isReleased || state.kind === 'LOST') return 0;
    return state.lostAtMs - this.#parts.settings.clock.now();
  }

  get refusal(): string | undefined {
    return this.#isReleased ? undefined : this.#kept.guard.refusal;
  }

  /** Lost, or given back: then it holds nothing, or will not soon. */
  get isOver(): boolean {
    return this.state === 'LOST' || this.#isReleased;
  }

  /** As of now; LOST for ever once it is. */
  get leaseState(): LeaseState {
    return this.#kept.guard.state;
  }

  /** @returns what ends the listening. */
  listen(listener: StateListener): () => void {
    return this.#kept.guard.listen(listener);
  }

  /** Looks at the clock. */
  tick(): void {
    this.#kept.guard.tick();
  }

  /** The client closes. */
  callOff(reason: Error): void {
    if (!this.#isReleased) this.#controller.abort(reason);
  }

  /** There is no use in it any more. */
  fail(cause: LossCause): void {
    this.#kept.guard.ended(cause);
  }

  /** It is not renewed any more: it ended with its lock, or is about to. */
  letGo(): void {
    this.#isReleased = true;
    this.#kept.stop();
    this.#end();
  }

  /** It is renewed no more, and ends with its TTL, which is heeded. */
  leave(): void {
    this.#kept.leave();
  }

  /** Calls back once it is let go, or lost. */
  whenOver(callback: () => void): void {
    this.#over.push(callback);
    if (this.isOver) this.#end();
  }

  /** Ends it, and all that it holds. Idempotent. @returns false if it had ended before. */
  revoke(): Promise<boolean> {
    this.#revoked ??= this.#revoke();
    return this.#revoked;
  }

  async #revoke(): Promise<boolean> {
    if (this.leaseState.kind !== 'LOST') this.letGo();
    const response = await this.#parts.caller.unary('LeaseService', 'RevokeLease', {
      leaseId: this.id,
    });
    return response.revoked;
  }

  #follow(state: LeaseState): void {
    if (state.kind !== 'LOST') return;
    this.#controller.abort(new LeaseLostError('the lease', state.cause));
    this.#end();
  }

  #end(): void {
    for (const callback of this.#over.splice(0)) callback();
  }
}
