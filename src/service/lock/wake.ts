import type { Clock, Timer } from '../../clock/clock.js';
import { Fault, leaseNotFound } from '../../core/errors.js';
import type { KeyRange, Revision, Store } from '../../store/store.js';
import { draining } from './waiter-pool.js';

/** How often a waiter looks if no watch can be had. */
const NO_WATCH_MS = 1000;

/** Why a waiter woke up. */
export type Wake = 'changed' | 'wait-over' | 'deadline' | 'gone' | 'draining' | 'lease-ended';

/** What `changed` means: that a key of a range was deleted, or that a time has come, on the monotonic clock. */
export type Change = Deletion | { readonly atMs: number };

interface Deletion {
  readonly range: KeyRange;
  /** The revision at which the caller saw `count` keys in the range. */
  readonly since: Revision;
  readonly count: number;
}

export interface WakeConditions {
  readonly change: Change;
  /** On the monotonic clock. */
  readonly waitUntilMs: number;
  readonly deadlineMs: number | undefined;
  readonly gone: AbortSignal;
  /** Registers what to call when the daemon drains; returns how to forget it. */
  readonly onDrain: (wake: () => void) => () => void;
  /** The same for when the lease that shall hold the lock has ended. */
  readonly onLeaseEnded: (wake: () => void) => () => void;
  /** The same for when there is a place farther in front, which is a change too. */
  readonly onBetterPlace: ((wake: () => void) => () => void) | undefined;
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
    arm(
      when.onLeaseEnded(() => {
        wake('lease-ended');
      }),
    );
    if (when.onBetterPlace !== undefined) {
      arm(
        when.onBetterPlace(() => {
          wake('changed');
        }),
      );
    }
    at(when.waitUntilMs, 'wait-over');
    if (when.deadlineMs !== undefined) at(when.deadlineMs, 'deadline');
    if ('atMs' in when.change) at(when.change.atMs, 'changed');
    else arm(watchDeletes(store, clock, when.change, wake));
  });
}

/** Watches first and looks then, so that a deletion between the caller's look and the watch is not missed. */
function watchDeletes(
  store: Store,
  clock: Clock,
  { range, since, count }: Deletion,
  wake: (why: Wake) => void,
): () => void {
  let retry: Timer | undefined;
  const changed = (): void => {
    wake('changed');
  };
  const look = async (): Promise<void> => {
    const { entries } = await store.read({ range, keysOnly: true });
    // Fewer than were there: some were deleted, though others may have come.
    const old = entries.filter((entry) => entry.createRevision <= since);
    if (old.length < count) changed();
  };
  const watch = store.watch(range, 'now', {
    started: (revision) => {
      // If the store does not answer, the next attempt says so.
      if (revision > since) look().catch(changed);
    },
    events: (_, events) => {
      if (events.some((event) => event.kind === 'delete')) changed();
    },
    // Closed: the next attempt says so. Too many watches: look again after a while.
    ended: (end) => {
      if (end.reason !== 'too many') changed();
      else retry = clock.timer(NO_WATCH_MS, changed);
    },
  });
  return () => {
    watch.close();
    retry?.cancel();
  };
}

/** What a caller is told who woke up for nothing. */
export function wakeFault(wake: Exclude<Wake, 'changed' | 'wait-over'>): Fault {
  switch (wake) {
    case 'deadline':
      return new Fault('DEADLINE_EXCEEDED', 'the deadline passed while waiting in the queue');
    case 'gone':
      return new Fault('CANCELLED', 'the caller went away while waiting in the queue');
    case 'draining':
      return draining();
    case 'lease-ended':
      return leaseNotFound();
  }
}
