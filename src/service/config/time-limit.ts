import { createContext, Script } from 'node:vm';

const SCRIPT = new Script('task()');

/**
 * Runs a task that may take for ever, such as a regular expression of a caller's, and stops it in the middle if it does.
 * What the task was building must not be used then.
 * @returns its result; undefined: it was stopped.
 */
export function withinTime<T>(
  milliseconds: number,
  task: () => T,
): { readonly value: T } | undefined {
  let value: { readonly value: T } | undefined;
  const context = createContext({
    task: () => {
      value = { value: task() };
    },
  });
  try {
    SCRIPT.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    // It is an Error of the other context, so that instanceof says no.
    const isObject = typeof error === 'object' && error !== null && 'code' in error;
    if (!isObject || error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return undefined;
  }
  return value;
}
