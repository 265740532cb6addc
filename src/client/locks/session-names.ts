import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import type { Lock } from './lock.js';

const MAX_LOCKS = 10_000;

/** What a name is taken for: `ended` resolves when nothing of that is left, not even a request on its way. */
type Use =
  | { readonly kind: 'awaited' }
  | { readonly kind: 'held'; readonly lock: Lock; readonly ended: Promise<void> }
  | { readonly kind: 'given back'; readonly ended: Promise<void> };

/**
 * The names that a session has to do with:
 *
 *     awaited ─▶ held ─▶ given back ─▶ free
 *        └─ refused, given up ─▲
 *
 * A daemon gives a lease the same grant again. So while one is being given back the name stays taken: who asks for it
 * again has to wait for `ended` first.
 */
export class SessionNames {
  readonly #uses = new Map<string, Use>();

  /** The locks that are held. */
  get locks(): readonly Lock[] {
    return [...this.#uses.values()].flatMap((use) => (use.kind === 'held' ? [use.lock] : []));
  }

  /**
   * From here it is awaited.
   * @returns what of its last use must have ended first; undefined: nothing.
   * @throws SharedLockError FAILED_PRECONDITION if it is held, or awaited, already; or if there are 10,000 names.
   */
  take(name: string): Promise<void> | undefined {
    const use = this.#uses.get(name);
    if (use?.kind === 'awaited' || (use?.kind === 'held' && isHeld(use.lock))) {
      throw refused(`this lease holds or awaits lock ${JSON.stringify(name)} already`);
    }
    if (use === undefined && this.#uses.size >= MAX_LOCKS) {
      throw refused(`this lease has ${MAX_LOCKS} locks already`);
    }
    this.#uses.set(name, { kind: 'awaited' });
    return use?.ended;
  }

  hold(name: string, lock: Lock): void {
    const ended = new Promise<void>((resolve) => lock.whenOver(resolve));
    this.#set(name, { kind: 'held', lock, ended });
  }

  /** It is free once that has ended; at once if it is undefined. */
  freeAfter(name: string, ended: Promise<void> | undefined): void {
    if (ended === undefined) this.#uses.delete(name);
    else this.#set(name, { kind: 'given back', ended });
  }

  #set(name: string, use: Use & { readonly ended: Promise<void> }): void {
    this.#uses.set(name, use);
    void use.ended.then(() => {
      if (this.#uses.get(name) === use) this.#uses.delete(name);
    });
  }
}

function isHeld({ state }: Lock): boolean {
  return state !== 'RELEASED' && state !== 'LOST';
}

function refused(message: string): SharedLockError {
  return new SharedLockError(new Fault('FAILED_PRECONDITION', message));
}
