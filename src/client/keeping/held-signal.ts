/**
 * An AbortSignal that looks at the clock when it is asked: `aborted` and `throwIfAborted` call `check` first. A
 * process that stood still may run other callbacks before the timer that would abort the signal.
 */
export function truthfulController(check: () => void): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
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
  return controller;
}
