import type { ChildProcess } from 'node:child_process';

/** Processes that tests started. */
const children = new Set<ChildProcess>();

/** A suite that is over ends by itself well before that. */
const END_MS = 20_000;

/** So that it does not outlive the tests, whatever becomes of them. */
export function track<Child extends ChildProcess>(child: Child): Child {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/**
 * Loaded by .mocharc.json. A test that failed may have left processes behind, and they would keep the suite alive.
 */
export const mochaHooks = {
  afterAll(this: Mocha.Context): void {
    endSoon();
    const left = [...children];
    for (const child of left) child.kill('SIGKILL');
    if (left.length === 0) return;
    const said = left.map((child) => child.spawnargs.slice(0, 3).join(' ')).join('; ');
    process.stderr.write(`left running, and ended now: ${said}\n`);
  },
};

/** A socket that a failed test left open keeps the process alive for ever; so the suite fails, and names what it was. */
function endSoon(): void {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(
      `the tests are over, but the process does not end; it has open: ${open}\n`,
    );
    // After mocha, which sets the exit code here too.
    process.once('exit', () => {
      process.exitCode = Math.max(Number(process.exitCode ?? 0), 1);
    });
    process.exit();
  }, END_MS).unref();
}
