import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { killMarked } from '../../../src/cli/run/marked.js';
import { isAlive } from '../../support/processes.js';

// There is no /proc elsewhere.
if (process.platform === 'linux') {
  describe('killMarked', () => {
    const startWith = (mark: string): ReturnType<typeof spawn> =>
      spawn('sleep', ['60'], { env: { ...process.env, MARK: mark }, stdio: 'ignore' });

    it('kills what has the variable of this very value, and nothing else', async () => {
      const marked = [startWith('a'), startWith('a')];
      const other = startWith('ab');
      const ends = Promise.all(marked.map((one) => once(one, 'exit')));
      await killMarked('MARK', 'a');
      expect((await ends).map(([, signal]) => signal as unknown)).to.deep.equal([
        'SIGKILL',
        'SIGKILL',
      ]);
      expect(isAlive(other.pid ?? 0)).to.equal(true);
      other.kill('SIGKILL');
    });

    it('has nothing to do where nothing is marked', () => killMarked('MARK', 'nobody'));
  });
}
