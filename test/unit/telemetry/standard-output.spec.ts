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
    file = openSync(pipe(), constants.O_RDWR | constants.O_NONBLOCK);
    const output = new StandardOutput(file);
    output.write('x'.repeat(BYTES));
    const startMs = Date.now();
    await output.close();
    output.flushSync();
    expect(Date.now() - startMs).to.be.within(900, 8000);
  });

  it('gives a slow reader all lines in order', async () => {
    file = openSync(pipe(), constants.O_RDWR | constants.O_NONBLOCK);
    const output = new StandardOutput(file);
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join('');
    const before = 'x'.repeat(BYTES);
    output.write(before);
    output.write(lines);
    let all = '';
    while (all.length < before.length + lines.length) all += await readSome(file);
    expect(all).to.equal(`${before}${lines}`);
    await output.close();
  });

  it('writes all at once where it must, what waits for a slow reader first', async () => {
    file = openSync(pipe(), constants.O_RDWR | constants.O_NONBLOCK);
    const output = new StandardOutput(file);
    output.write('x'.repeat(FULL));
    // The pipe is full: the rest waits.
    output.write('first\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    output.write('last\n');
    expect(await readSome(file)).to.equal('x'.repeat(FULL));
    output.flushSync();
    expect(await readSome(file)).to.equal('first\nlast\n');
    await output.close();
  });

  it('gives up at once if the reader is gone', () => {
    const path = pipe();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    closeSync(reader);
    const output = new StandardOutput(file);
    output.write('nobody reads this,\n');
    output.write('nor this, which waits\n');
    const startMs = Date.now();
    output.flushSync();
    expect(Date.now() - startMs).to.be.below(900);
  });

  function pipe(): string {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  }
});

/** What a pipe holds, and more than that. */
const FULL = 65_536;
const BYTES = 200_000;

async function readSome(file: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  const buffer = Buffer.alloc(FULL);
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return '';
    throw error;
  }
}
