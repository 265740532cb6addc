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
  /** Registers what to call when the daemon drains; returns how to forget it. */
  readonly onDrain: (wake: () => void) => () => void;
}

/** Sleeps until one of the conditions holds. Leaves no watch, timer or listener behind. */
export function sleepUntil(store: Store, clock: Clock, when: WakeConditions): Promise<Wake> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    let isAwake = false;
    const wake = (why: Wake): void => {
      if (isAwake) return;
      isAwake = true;
      for (const step of undo) step();
      resolve(why);
    };
    const arm = (step: () => void): void => {
      if (isAwake) step();
      else undo.push(step);
    };
    const at = (atMs: number, why: Wake): void => {
      const timer = clock.timer(atMs - clock.now(), () => {
        wake(why);
      });
      arm(() => {
        timer.cancel();
      });
    };
    const onGone = (): void => {
      wake('gone');
    };
    when.gone.addEventListener('abort', onGone);
    arm(() => {
      when.gone.removeEventListener('abort', onGone);
    });
    if (when.gone.aborted) wake('gone');
    arm(
      when.onDrain(() => {
        wake('draining');
      }),
    );
    at(when.waitUntilMs, 'wait-over');
    if (when.deadlineMs !== undefined) at(when.deadlineMs, 'deadline');
    arm(watchDeletes(store, when, wake));
  });
}

function watchDeletes(store: Store, when: WakeConditions, wake: (why: Wake) => void): () => void {
  const watch = store.watch(when.blocker, when.since + 1, {
    events: (_, events) => {
      if (events.some((event) => event.kind === 'delete')) wake('changed');
    },
    // Compacted: something may have been missed. Closed: the next attempt says so.
    ended: () => {
      wake('changed');
    },
  });
  return () => {
    watch.close();
  };
}
