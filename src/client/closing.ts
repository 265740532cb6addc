import { within } from '../clock/within.js';
import type { ClientParts } from './parts.js';
import type { Lock } from './locks/lock.js';

/** What a client gives back when it closes: a lock, or a lease with all its locks. */
export interface Held {
  /** Those that go with it. */
  readonly locks: readonly Lock[];
  /** Aborts its signals. */
  callOff(reason: Error): void;
  /** It is not renewed any more, and not given back: work goes on under it. */
  leave(): void;
  /** Calls back once it is given back, as far as that is known, or lost. */
  whenOver(callback: () => void): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Gives back what is held, each as soon as no work goes on under it, so that nobody else is granted it before. Meanwhile it
 * is renewed. Work that takes longer than `closeTimeoutMs` keeps it until its TTL is over.
 */
export async function giveBackAfterWork(parts: ClientParts, held: Held): Promise<void> {
  const { works, settings } = parts;
  const busy = held.locks.filter((lock) => works.endOf(lock) !== undefined);
  if (busy.length > 0) {
    // Of a session, which must live on for the others.
    const idle = held.locks.filter((lock) => !busy.includes(lock));
    const freeing = Promise.all(idle.map((lock) => lock[Symbol.asyncDispose]()));
    const over = new Promise<void>((resolve) => held.whenOver(resolve));
    const ended = Promise.all(busy.flatMap((lock) => works.endOf(lock) ?? []));
    await within(settings.clock, settings.closeTimeoutMs, Promise.race([ended, over]));
    await freeing;
    const left = busy.filter((lock) => works.endOf(lock) !== undefined);
    if (left.length > 0) {
      leave(parts, held, left);
      return;
    }
  }
  await held[Symbol.asyncDispose]();
}

function leave({ settings }: ClientParts, held: Held, busy: readonly Lock[]): void {
  held.leave();
  // What was lost while it was waited for is nobody's to keep.
  for (const lock of busy.filter(({ state }) => state !== 'LOST')) {
    const ms = settings.closeTimeoutMs;
    settings.warn(
      new Error(
        `the work under ${lock.title} has not ended ${ms} ms after the client was closed; others get it when its TTL is over`,
      ),
    );
  }
}
