import type { Clock } from '../../clock/clock.js';
import type { KeyRange, Revision, Store } from '../../store/store.js';

/** Why a waiter woke up. */
export type Wake = 'changed' | 'wait-over' | 'deadline' | 'gone' | 'draining';

export interface WakeConditions {
  /** Wakes when a key of this range is deleted after `since`. */
  readonly blocker: KeyRange;
  readonly since: Revision;
  /** On the monotonic clock. */
  readonly waitUntilMs: number;
  readonly deadlineMs: number | undefined;
  readonly gone: AbortSignal;
  readonly draining: AbortSignal;
}

/** Sleeps until one of the conditions holds. Leaves no watch, timer or listener behind. */
export function sleepUntil(store: Store, clock: Clock, when: WakeConditions): Promise<Wake> {
  return new Promise((resolve) => {
    if (when.gone.aborted || when.draining.aborted) {
      resolve(when.gone.aborted ? 'gone' : 'draining');
      return;
    }
    const wake = (why: Wake): void => {
      watch.close();
      for (const timer of timers) timer.cancel();
      when.gone.removeEventListener('abort', onGone);
      when.draining.removeEventListener('abort', onDraining);
      resolve(why);
    };
    const onGone = (): void => {
      wake('gone');
    };
    const onDraining = (): void => {
      wake('draining');
    };
    const at = (atMs: number, why: Wake) =>
      clock.timer(atMs - clock.now(), () => {
        wake(why);
      });
    const timers = [at(when.waitUntilMs, 'wait-over')];
    if (when.deadlineMs !== undefined) timers.push(at(when.deadlineMs, 'deadline'));
    when.gone.addEventListener('abort', onGone);
    when.draining.addEventListener('abort', onDraining);
    const watch = store.watch(when.blocker, when.since + 1, {
      events: (_, events) => {
        if (events.some((event) => event.kind === 'delete')) wake('changed');
      },
      // Compacted: something may have been missed. Closed: the next attempt says so.
      ended: () => {
        wake('changed');
      },
    });
  });
}
