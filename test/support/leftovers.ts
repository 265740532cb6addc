import type { ChildProcess } from 'node:child_process';

/** Processes that tests started. */
const children = new Set<ChildProcess>();

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
    const left = [...children];
    for (const child of left) child.kill('SIGKILL');
    if (left.length === 0) return;
    const said = left.map((child) => child.spawnargs.slice(0, 3).join(' ')).join('; ');
    process.stderr.write(`left running, and ended now: ${said}\n`);
  },
};
