import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cliFor, CliProcess, type CliResult } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { until } from '../support/until.js';

describe('backup and restore', function () {
  this.timeout(120_000);
  let daemon: DaemonProcess;
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-backup-'));
    file = join(folder, 'locks');
    daemon = await DaemonProcess.start();
  });
  afterEach(async () => {
    await daemon.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const data = (): string => join(daemon.folder, 'data');
  const cli = (...args: string[]): Promise<CliResult> => cliFor(daemon.grpcAddress)(args);
  const run = (...args: string[]): Promise<CliResult> => new CliProcess(args).ended;
  const acquire = async (name: string): Promise<number> => {
    const { out } = await cli('lock', 'acquire', name, '--ttl', '1h', '-o', 'json');
    return Number(/"fencingToken":"(\d+)"/.exec(out)?.[1]);
  };
  const value = async (): Promise<string> => (await cli('counter', 'get', 'c')).out;

  it('bring back what was there, with tokens that grow, whether the daemon runs or not', async () => {
    await cli('counter', 'set', 'c', '5');
    const made = await run('backup', '--data-dir', data(), file, '-o', 'json');
    expect(made).to.include({ code: 0, err: '' });
    expect(JSON.parse(made.out)).to.include({ file });
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await cli('counter', 'set', 'c', '6');
    const before = await acquire('job');

    const refused = await run('restore', '--replace', '--data-dir', data(), file);
    expect(refused.code).to.equal(75);
    expect(refused.err).to.contain('is in use by another running process');
    expect(await value()).to.equal('6\n');

    await daemon.stop();
    const unasked = await run('restore', '--data-dir', data(), file);
    expect(unasked.code).to.equal(1);
    expect(unasked.err).to.contain('give --replace');
    const restored = await run('restore', '--replace', '--data-dir', data(), file);
    expect(restored).to.include({ code: 0, err: '' });
    expect(restored.out).to.contain('fencing tokens go on above those that revision.high knows of');
    await daemon.startAgain();
    expect(await value()).to.equal('5\n');
    expect(await acquire('job')).to.be.above(before);

    await daemon.stop();
    const stopped = await run('backup', '--data-dir', data(), file);
    expect(stopped).to.include({ code: 0, err: '' });
  });

  it('bring it back into a folder that is lost, far above all tokens', async () => {
    await cli('counter', 'set', 'c', '5');
    await run('backup', '--data-dir', data(), file);
    const before = await acquire('job');
    await daemon.kill();
    await rm(data(), { recursive: true });
    const { code, out } = await run('restore', '--data-dir', data(), file);
    expect(code).to.equal(0);
    expect(out).to.contain('fencing tokens go on far above all earlier ones');
    await daemon.startAgain();
    expect(await value()).to.equal('5\n');
    expect(await acquire('job')).to.be.above(before + 2 ** 40);
  });

  it('leave the earlier state when they are killed in the midst', async () => {
    const text = 'x'.repeat(1_000_000);
    for (let each = 0; each < 30; each++) {
      await cli('message', 'put', `${each}${text.slice(0, 100_000)}`);
    }
    await cli('counter', 'set', 'c', '5');
    expect((await run('backup', '--data-dir', data(), file)).code).to.equal(0);
    const earlier = await readFile(file);
    await cli('counter', 'set', 'c', '6');
    const backup = new CliProcess(['backup', '--data-dir', data(), file]);
    await until('it has begun', async () => (await readdir(folder)).length > 1 || backup.hasEnded);
    await backup.kill();
    const kept = await readFile(file);
    // Either the earlier one or the later, and whole.
    if (!kept.equals(earlier)) expect(kept.toString('latin1').endsWith('\nend\n')).to.equal(true);

    await daemon.stop();
    for (const delayMs of [100, 200, 300, 400, 500]) {
      const restore = new CliProcess(['restore', '--replace', '--data-dir', data(), file]);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await restore.kill();
      // What is there is one state or the other, and a daemon opens it.
      await daemon.startAgain();
      expect(await value()).to.be.oneOf(['5\n', '6\n']);
      await daemon.stop();
    }
    expect((await run('restore', '--replace', '--data-dir', data(), file)).code).to.equal(0);
  });

  it('say what is wrong', async () => {
    const nothing = await run('backup', '--data-dir', join(folder, 'nothing'), file);
    expect(nothing).to.deep.equal({
      code: 1,
      out: '',
      err: `shared-lock: there are no data in ${join(folder, 'nothing')}\n`,
    });
    const etcd = await new CliProcess(['backup', file], {
      env: { SHARED_LOCK_ETCD_ADDR_LIST: 'http://127.0.0.1:1' },
    }).ended;
    expect(etcd.code).to.equal(78);
    expect(etcd.err).to.contain('etcdctl snapshot save');
    const elsewhere = join(folder, 'no', 'file');
    const unwritable = await run('backup', '--data-dir', data(), elsewhere);
    expect(unwritable.code).to.equal(73);
    expect(unwritable.err)
      .to.contain(elsewhere)
      .and.match(/^shared-lock: [^\n]+\n$/);
    const missing = await run('restore', '--data-dir', join(folder, 'new'), file);
    expect(missing.code).to.not.equal(0);
    expect(missing.err)
      .to.contain(file)
      .and.match(/^shared-lock: [^\n]+\n$/);
  });
});
