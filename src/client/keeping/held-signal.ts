import { linked } from '../wire/linked.js';
import type { LinkedSignal } from '../wire/linked.js';

/**
 * An AbortSignal that looks at the clock when it is asked: `aborted` and `throwIfAborted` call `check` first. A
 * process that stood still may run other callbacks before the timer that would abort the signal.
 */
export function truthfulController(check: () => void): AbortController {
  const controller = new AbortController();
  lookFirst(controller.signal, check);
  return controller;
}

/** As `AbortSignal.any`, which alone would not look at those of the signals that look at the clock when they are asked. */
export function truthfulAny(signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals]);
  // One that finds out that it is over aborts those that follow it, at once.
  lookFirst(any, () => signals.some(({ aborted }) => aborted));
  return any;
}

/** The same without a trace at signals that live long, once it is disposed of. */
export function truthfulLinked(...signals: readonly AbortSignal[]): LinkedSignal {
  const link = linked(...signals);
  lookFirst(link.signal, () => signals.some(({ aborted }) => aborted));
  return link;
}

function lookFirst(signal: AbortSignal, check: () => unknown): void {
  const isAborted = (): boolean => {
    check();
    // The getter that the instance's own one hides.
    return Reflect.get(AbortSignal.prototype, 'aborted', signal);
  };
  Object.defineProperties(signal, {
    aborted: { get: isAborted, configurable: true },
    throwIfAborted: {
      value: () => {
        if (isAborted()) throw signal.reason;
      },
      configurable: true,
    },
  });
}
