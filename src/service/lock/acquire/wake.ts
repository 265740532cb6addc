import type { Clock } from '../../../clock/clock.js';
import { Fault, leaseNotFound } from '../../../core/errors.js';
import { draining } from '../queue/waiter-pool.js';

/** Why a waiter woke up. */
export type Wake = 'changed' | 'wait-over' | 'deadline' | 'gone' | 'draining' | 'lease-ended';

export interface WakeConditions {
  /** Registers what to call when what the caller waits for has changed; returns how to forget it. */
  readonly onChange: (wake: () => void) => () => void;
  /** On the monotonic clock. */
  readonly waitUntilMs: number;
  readonly deadlineMs: number | undefined;
  readonly gone: AbortSignal;
  /** The same for when the daemon drains. */
  readonly onDrain: (wake: () => void) => () => void;
  /** The same for when the lease that shall hold the lock has ended. */
  readonly onLeaseEnded: (wake: () => void) => () => void;
  /** The same for when there is a place farther in front, which is a change too. */
  readonly onBetterPlace: ((wake: () => void) => () => void) | undefined;
}

/** Sleeps until one of the conditions holds. Leaves no watch, timer or listener behind. */
export function sleepUntil(clock: Clock, when: WakeConditions): Promise<Wake> {
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
    arm(
      when.onChange(() => {
        wake('changed');
      }),
    );
  });
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
