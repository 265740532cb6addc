import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GuardedCommand } from '../../../src/cli/run/guarded-command.js';

const MINUTE_NS = 60_000_000_000n;

describe('a guarded command', () => {
  let folder: string;
  let proof: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sl-guarded-'));
    proof = join(folder, 'it-ran');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** @param leftNs how long it may run. */
  const touch = (leftNs: bigint): GuardedCommand =>
    new GuardedCommand(
      { command: 'touch', args: [proof], descriptors: [] },
      {
        env: process.env,
        sharesTerminal: false,
        untilNs: process.hrtime.bigint() + leftNs,
      },
    );

  it('runs as long as it may', async () => {
    const command = touch(MINUTE_NS);
    expect(await command.ended).to.deep.equal({ kind: 'exited', code: 0 });
    command.close();
    expect(existsSync(proof)).to.equal(true);
  });

  it('may run longer than it was made for, if that is told before it starts', async () => {
    const command = touch(0n);
    command.extend(process.hrtime.bigint() + MINUTE_NS);
    expect(await command.ended).to.deep.equal({ kind: 'exited', code: 0 });
    command.close();
  });

  it('does nothing when its time is over', async () => {
    const command = touch(0n);
    expect(await command.ended).to.deep.equal({ kind: 'signalled', signal: 'SIGKILL' });
    command.close();
    expect(existsSync(proof)).to.equal(false);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`is not started when ${signal} comes before`, async () => {
      const command = touch(MINUTE_NS);
      command.signal(signal);
      // Its guard has had no time to start anything.
      const now = new Promise((resolve) => setImmediate(resolve, 'not yet'));
      const end = await Promise.race([command.ended, now]);
      expect(end).to.deep.equal({ kind: 'signalled', signal });
      command.close();
      expect(existsSync(proof)).to.equal(false);
    });
  }
});
