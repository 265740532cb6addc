import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../../src/cli/main.js';

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(args, {
    isTerminal: false,
    isErrTerminal: false,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

describe('shared-lock policy', () => {
  let folder: string;
  let file: string;
  /** The one that people are shown. */
  const shown = /```yaml\n([^`]+)```/.exec(readFileSync('docs/access.md', 'utf8'))?.[1] ?? '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-policy-'));
    file = join(folder, 'policy.yaml');
    writeFileSync(file, shown);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const check = (as: string, verb: string, on: string, ...more: string[]) =>
    run('policy', 'check', file, '--as', as, '--verb', verb, '--on', on, ...more);

  it('tells what the documentation shows', async () => {
    const session =
      /```console\n([^`]+)```/.exec(readFileSync('docs/access.md', 'utf8'))?.[1] ?? '';
    const lines = session.trim().split('\n');
    expect(lines.length).to.be.above(1);
    for (let i = 0; i < lines.length; i += 2) {
      const args = (lines[i] ?? '').replace('$ shared-lock ', '').split(' ');
      const { out } = await run(...args.map((word) => (word === 'policy.yaml' ? file : word)));
      expect(out).to.equal(`${lines[i + 1] ?? ''}\n`);
    }
  });

  it('ends with 0 for what is allowed, and with 1 for what is not', async () => {
    expect((await check('billing', 'read', 'lock:shop/*')).code).to.equal(0);
    expect((await check('billing', 'read', 'lock:shop*')).code).to.equal(1);
    expect(await check('anonymous', 'acquire', 'lock:a')).to.deep.equal({
      code: 1,
      out: 'refused: no rule allows it to anonymous\n',
      err: '',
    });
    expect((await check('jwt:ann', 'schema', 'config:a/b')).code).to.equal(1);
    expect((await check('jwt:ann', 'schema', 'config:a/b', '--group', 'ops')).code).to.equal(0);
    expect((await check('anonymous', 'metrics', 'daemon')).code).to.equal(0);
  });

  it('takes for a principal who shows what the policy matches', async () => {
    const billing = 'jwt:system:serviceaccount:shop:billing';
    expect((await check(billing, 'acquire', 'lock:shop/till')).code).to.equal(0);
    expect((await check(billing, 'acquire', 'lock:x')).out).to.equal(
      'refused: no rule allows it to billing\n',
    );
    expect(
      (await check('san:spiffe://corp/ns/batch/1', 'acquire', 'lock:jobs/batch/a')).code,
    ).to.equal(0);
    expect((await check('unix:', 'listAll', 'lock:*')).code).to.equal(0);
    expect((await check('jwt:ann', 'read', 'lock:x')).out).to.contain('to jwt:ann');
    expect((await check('ann:jwt', 'read', 'lock:x')).err).to.contain('names no ann:jwt');
  });

  it('says what of the line is wrong', async () => {
    const wrong: readonly (readonly [Promise<{ code: number; err: string }>, RegExp])[] = [
      [check('biling', 'read', 'lock:a'), /the policy names no biling, but billing, ops/],
      [check('billing', 'read', 'lock:a', '--group', 'x'), /names no x/],
      [check('billing', 'write', 'lock:a'), /of the kind lock there are acquire/],
      [check('billing', 'read', 'lokc:a'), /--on: there is no kind "lokc" \(did you mean lock\?\)/],
      [check('billing', 'read', '*'), /give a kind/],
    ];
    for (const [result, message] of wrong) {
      const { code, err } = await result;
      expect(err).to.match(message);
      expect(code).to.equal(64);
    }
  });

  it('says what of the file is wrong, a line each', async () => {
    writeFileSync(file, 'version: 1\nrules:\n  - {to: [x], allow: [raed], on: ["\u001b[31m"]}\n');
    const { code, out, err } = await run('policy', 'lint', file);
    expect(code).to.equal(78);
    expect(out).to.equal('');
    expect(
      err
        .split('\n')
        .slice(0, 3)
        .every((line) => line.startsWith(`shared-lock: ${file}:3: `)),
    ).to.equal(true);
    expect(err).not.to.contain('\u001b');
    const gone = await run('policy', 'lint', join(folder, 'none'));
    expect(gone.code).to.equal(74);
    expect(gone.err).to.match(/can't be read: ENOENT/);
  });

  it('lint has nothing to say of the policy that people are shown', async () => {
    expect(await run('policy', 'lint', file)).to.deep.equal({ code: 0, out: '', err: '' });
  });

  it('lint says what may not be meant so', async () => {
    writeFileSync(
      file,
      'version: 1\nrules:\n  - {to: [anonymous], allow: [acquire], on: ["lock:shop*"]}\n',
    );
    const { code, out } = await run('policy', 'lint', file);
    expect(code).to.equal(1);
    expect(out)
      .to.match(/policy\.yaml:3: lock:shop\* is also about/)
      .and.match(/3: anybody who reaches/);
  });

  it('lint tells whose leases nobody would have any more', async () => {
    const renamed = join(folder, 'renamed.yaml');
    const write = (more: string): void =>
      writeFileSync(
        renamed,
        shown.replaceAll('billing', 'till').replace('[invoices]', `[${more}]`),
      );
    write('invoices');
    const { code, out } = await run('policy', 'lint', renamed, '--was', file);
    expect(code).to.equal(1);
    expect(out).to.match(/renamed\.yaml:1: billing is gone.*`aliases: \[billing\]`/);
    write('invoices, billing');
    expect((await run('policy', 'lint', renamed, '--was', file)).code).to.equal(0);
  });
});
