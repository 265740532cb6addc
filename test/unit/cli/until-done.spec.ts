import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

/** Runs a program, and says what it ended with. */
function run(text: string): { readonly code: number | null; readonly err: string } {
  const args = ['--import', 'tsx/esm', '--input-type=module', '--eval', text];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, err: stderr };
}

const IMPORTS = `
import { SystemClock } from './src/clock/system-clock.ts';
import { sleep } from './src/clock/clock.ts';
import { endAtDefects } from './src/cli/defect.ts';
import { untilDone } from './src/cli/until-done.ts';
endAtDefects('the test');
`;

describe('a program whose work waits for a timer of the clock', function () {
  this.timeout(30_000);

  it('lives until its work is done', () => {
    const { code, err } = run(
      `${IMPORTS} process.exitCode = await untilDone(sleep(new SystemClock(), 100).then(() => 7));`,
    );
    expect({ code, err }).to.deep.equal({ code: 7, err: '' });
  });

  it('ends with the code that its work chose, also if Node.js has it for something else', () => {
    const work = `untilDone(sleep(new SystemClock(), 1).then(() => 13))`;
    expect(run(`${IMPORTS} process.exitCode = await ${work};`)).to.deep.equal({
      code: 13,
      err: '',
    });
    expect(run(`${IMPORTS} process.exit(13);`)).to.deep.equal({ code: 13, err: '' });
  });
});
