import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { marked, MarkedProcesses } from '../../../src/cli/run/marked-processes.js';
import { entryOf } from '../../../src/cli/run/process-table.js';
import { killAll } from '../../../src/cli/run/processes.js';
import { track } from '../../support/leftovers.js';
import { isAlive } from '../../support/processes.js';
import { until } from '../../support/until.js';

// There is no /proc elsewhere.
if (process.platform === 'linux') {
  describe('marked processes', () => {
    type Child = ReturnType<typeof spawn>;
    const startWith = (env: NodeJS.ProcessEnv, ...words: string[]): Child => {
      const [command = 'sleep', ...args] = words.length === 0 ? ['sleep', '60'] : words;
      return track(spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] }));
    };
    const signalsOf = async (children: readonly Child[]): Promise<unknown[]> =>
      (await Promise.all(children.map((one) => once(one, 'exit')))).map(
        ([, signal]) => signal as unknown,
      );

    it('are those that have this very mark, alone or among others, and nothing else', async () => {
      const env = marked(process.env, 'a');
      const inner = [startWith(env), startWith(marked(env, 'b'))];
      const other = startWith(marked(process.env, 'ab'));
      const ends = signalsOf(inner);
      expect(await killAll(new MarkedProcesses('a'))).to.equal(true);
      expect(await ends).to.deep.equal(['SIGKILL', 'SIGKILL']);
      expect(isAlive(other.pid ?? 0)).to.equal(true);
      other.kill('SIGKILL');
    });

    it('are also the descendants of one, and of the root, that have dropped the mark', async () => {
      for (const isRoot of [true, false]) {
        const env = isRoot ? process.env : marked(process.env, 'c');
        const parent = startWith(env, 'sh', '-c', 'env -i /bin/sleep 60 & echo "$!"; wait');
        if (parent.stdout === null) throw new Error('it has no pipe');
        const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
        const root = isRoot ? { root: parent.pid ?? 0 } : {};
        expect(await killAll(new MarkedProcesses('c', root))).to.equal(true);
        expect(isAlive(Number(line))).to.equal(false);
      }
    });

    it('may be those of one session alone', async () => {
      const env = marked(process.env, 'd');
      const apart = startWith(env, 'setsid', 'sleep', '60');
      const beside = startWith(env);
      const ends = signalsOf([beside]);
      const session = entryOf(process.pid)?.session ?? 0;
      await until('it has left', () => entryOf(apart.pid ?? 0)?.session === apart.pid);
      expect(await killAll(new MarkedProcesses('d', { session }))).to.equal(true);
      expect(await ends).to.deep.equal(['SIGKILL']);
      expect(isAlive(apart.pid ?? 0)).to.equal(true);
      apart.kill('SIGKILL');
    });

    it('are gone where nothing is marked', async () => {
      expect(await killAll(new MarkedProcesses('nobody'))).to.equal(true);
    });
  });
}
