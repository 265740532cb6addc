const LONG_MS = 2 ** 30;

/**
 * What the work resolves to. Until then the process lives: the timers that work waits for don't keep it alive by
 * themselves (`clock.ts`), and neither does everything else that may wake it.
 */
export async function untilDone<T>(work: Promise<T>): Promise<T> {
  const handle = setInterval(() => undefined, LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(handle);
  }
}
