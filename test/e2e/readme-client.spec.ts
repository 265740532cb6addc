import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
/** Of this repository, and out of the way of its other tools. */
const SCRATCH = fileURLToPath(new URL('../../.tmp', import.meta.url));

/** The snippets of the README in TypeScript, in order. */
async function snippets(): Promise<string[]> {
  const text = await readFile(README, 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

describe('The TypeScript of the README', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.start();
  });

  after(async () => {
    await daemon.dispose();
  });

  /** Runs a snippet as it stands, but for where the daemon and the package are. */
  const run = async (code: string): Promise<string> => {
    await mkdir(SCRATCH, { recursive: true });
    const file = join(SCRATCH, 'readme-snippet.mts');
    const here = code
      .replaceAll("'@shared-lock/shared-lock'", "'../src/index.js'")
      .replaceAll('localhost:50051', daemon.grpcAddress)
      .replaceAll('http://localhost:8080', daemon.url)
      .replaceAll('connect()', `connect({ address: '${daemon.grpcAddress}' })`);
    await writeFile(file, here);
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file]);
      return stdout;
    } finally {
      await rm(file);
    }
  };

  it('works as it stands', async () => {
    const [first = '', second = '', ...more] = await snippets();
    expect(more).to.deep.equal([]);
    expect(await run(first)).to.match(/^done, with token \d+\n$/);
    expect(await run(second)).to.match(/^\d+\nHELD\nreport .+\n$/);
  });
});
