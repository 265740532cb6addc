import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));

interface Ended {
  readonly code: unknown;
  readonly err: string;
}

/** Runs `version` with that standard output; 'closed' is a pipe that nobody reads. */
async function versionTo(out: number | 'closed'): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, 'version'], {
    stdio: ['ignore', out === 'closed' ? 'pipe' : out, 'pipe'],
  });
  child.stdout?.destroy();
  const [err, [code]] = await Promise.all([
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'exit') as Promise<[unknown]>, // its first argument is the code
  ]);
  return { code, err };
}

describe('The output of the command line', function () {
  this.timeout(30_000);

  it('may be read no further, as by head: the command ends without a word', async () => {
    expect(await versionTo('closed')).to.deep.equal({ code: 141, err: '' });
  });

  it('may have no room: the command says so in one line', async () => {
    const full = openSync('/dev/full', 'w');
    const { code, err } = await versionTo(full);
    closeSync(full);
    expect(code).to.equal(74);
    expect(err).to.match(/^shared-lock: standard output: .*ENOSPC.*\n$/);
  });
});
