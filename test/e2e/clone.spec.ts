import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly output: string;
}

describe('`npm ci --omit=dev` in a clone', function () {
  this.timeout(180_000);
  let clone: string;

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'sl-clone-'));
    // As it is now, committed or not.
    const names = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const files = execFileSync('git', names, { cwd: ROOT, encoding: 'utf8' }).split('\0');
    for (const file of files.filter((name) => /^(?:package|scripts\/|proto\/)/.test(name))) {
      cpSync(join(ROOT, file), join(clone, file), { recursive: true });
    }
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  const install = async (): Promise<Ended> => {
    const words = ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
    const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
    const ended = run('npm', words, { cwd: clone, env: { ...process.env, PATH: path } });
    return ended.then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as Ended & { stdout: string; stderr: string };
        return { code, output: stdout + stderr };
      },
    );
  };

  it('leaves one that has been built as it is, and has no script to be approved', async () => {
    cpSync(join(ROOT, 'dist'), join(clone, 'dist'), { recursive: true });
    const { code, output } = await install();
    expect(output).to.not.contain('install-scripts');
    expect(code).to.equal(0);
    const version = await run(process.execPath, ['dist/cmd/shared-lock.js', 'version'], {
      cwd: clone,
    });
    expect(version.stdout).to.match(/0\.1\.0/);
  });

  it('says what to do in one that has not', async () => {
    const { code, output } = await install();
    expect(code).to.equal(1);
    expect(output).to.contain('this clone has not been built');
    expect(output).to.contain('npm ci && npm prune --omit=dev');
  });
});
