import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { StandardOutput } from '../../../src/telemetry/standard-output.js';

describe('standard output', () => {
  let folder: string;
  let file: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-output-'));
  });
  afterEach(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });

  it('has all lines in order once it is closed', async () => {
    file = openSync(join(folder, 'out'), 'w');
    const output = new StandardOutput(file);
    const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(100)}\n`);
    for (const line of lines) output.write(line);
    await new Promise((resolve) => setImmediate(resolve));
    output.write('last\n');
    await output.close();
    expect(readFileSync(join(folder, 'out'), 'utf8')).to.equal(`${lines.join('')}last\n`);
  });

  it('is closed at once if nothing was written', async () => {
    file = openSync(join(folder, 'out'), 'w');
    await new StandardOutput(file).close();
  });

  it('does not wait long for a reader that takes nothing', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const output = new StandardOutput(file);
    output.write('x'.repeat(BYTES));
    const startMs = Date.now();
    await output.close();
    output.flushSync();
    const tookMs = Date.now() - startMs;
    // It goes on trying: nothing may be left when the file is closed.
    for (let read = 0; read < BYTES; read += await readSome(file));
    await output.close();
    expect(tookMs).to.be.within(900, 8000);
  });
});

/** More than a pipe holds. */
const BYTES = 200_000;

async function readSome(file: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  try {
    return readSync(file, Buffer.alloc(65_536));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
