import { expect } from 'chai';
import { CliProcess, cliFor } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from './worlds.js';

describe('shared-lock lock and lease', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let cli: ReturnType<typeof cliFor>;
  before(async () => {
    daemon = await DaemonProcess.start();
    cli = cliFor(daemon.grpcAddress);
  });
  after(() => daemon.dispose());

  /** The lease of a lock that was just taken. */
  const acquire = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await cli(['lock', 'acquire', ...args]);
    expect(code, err).to.equal(0);
    return out.trim();
  };
  const json = async (...args: string[]): Promise<unknown> => {
    const { out } = await cli([...args, '-o', 'json']);
    return JSON.parse(out);
  };

  it('acquires a lock, and prints nothing but its lease on standard output', async () => {
    const { code, out, err } = await cli(['lock', 'acquire', 'one', '--ttl', '1m']);
    expect(code).to.equal(0);
    expect(out).to.match(/^[1-9][0-9]*\n$/);
    expect(err).to.match(/lock "one" is yours for 1m0s; fencing token [0-9]+\n$/);
    expect(err).to.not.contain(out.trim());
  });

  it('prints who holds it as JSON where that is asked for', async () => {
    await cli(['lock', 'acquire', 'taken', '--owner', 'alice']);
    const { code, out } = await cli(['lock', 'acquire', 'taken', '-o', 'json']);
    expect(code).to.equal(75);
    expect(JSON.parse(out)).to.containSubset({ acquired: false, holders: [{ owner: 'alice' }] });
  });

  it('prints the grant as the HTTP API has it', async () => {
    const answer = await json('lock', 'acquire', 'grant', '--ttl', '20s');
    expect(answer).to.containSubset({ acquired: true, grant: { ttl: '20s' }, holders: [] });
    expect(answer)
      .to.have.nested.property('grant.fencingToken')
      .that.matches(/^[0-9]+$/);
  });

  it('ends with 75 and names the holder if somebody else holds it', async () => {
    await acquire('busy', '--owner', 'alice');
    const { code, out, err } = await cli(['lock', 'acquire', 'busy']);
    expect({ code, out }).to.deep.equal({ code: 75, out: '' });
    expect(err).to.equal('shared-lock: lock "busy" was not acquired: it is held by alice\n');
  });

  it('waits for a lock as long as it is told', async () => {
    const lease = await acquire('awaited', '--ttl', '1m');
    const waiter = new CliProcess(['lock', 'acquire', 'awaited', '--wait', '20s'], {
      address: daemon.grpcAddress,
    });
    await eventually('it waits', async () =>
      (await cli(['lock', 'get', 'awaited'])).out.includes('waiter 1'),
    );
    expect((await cli(['lock', 'release', 'awaited', '--lease', lease])).code).to.equal(0);
    expect((await waiter.ended).code).to.equal(0);
  });

  it('leaves the queue, and ends as signals have it, when it is ended while it waits', async () => {
    await acquire('left', '--ttl', '1m');
    const waiter = new CliProcess(['lock', 'acquire', 'left', '--wait', '20s'], {
      address: daemon.grpcAddress,
    });
    const waiters = async (): Promise<boolean> =>
      (await cli(['lock', 'get', 'left'])).out.includes('waiter 1');
    await eventually('it waits', waiters);
    waiter.signal('SIGINT');
    expect((await waiter.ended).code).to.equal(130);
    await eventually('it is gone', async () => !(await waiters()));
  });

  it('shows holders and waiters as a table, and as JSON', async () => {
    await acquire(
      'shown',
      '--shared',
      '--owner',
      'alice',
      '--label',
      'job=a',
      '--value',
      'x\u001b[2J',
    );
    await acquire('shown', '--shared', '--owner', 'bob');
    const { out } = await cli(['lock', 'get', 'shown']);
    const lines = out.trim().split('\n');
    expect(lines[0]).to.match(/^WHO +OWNER +MODE +TOKEN +AGE +LEFT +LABELS +VALUE$/);
    expect(lines[1]).to.match(/^holder +alice +shared +[0-9]+ +\S+ +\S+ +job=a +x\\u001b\[2J$/);
    expect(lines[2]).to.match(/^holder +bob +shared/);
    expect(await json('lock', 'get', 'shown')).to.include({ name: 'shown', held: true });
  });

  it('lists locks by prefix, in JSON as the HTTP API does', async () => {
    await acquire('list/a');
    await acquire('list/b');
    const locks = await json('lock', 'list', '--prefix', 'list/');
    expect(locks).to.have.property('locks').with.lengthOf(2);
    expect(await json('lock', 'list', '--prefix', 'nothing/')).to.deep.equal({ locks: [] });
    expect((await cli(['lock', 'list', '--prefix', 'list/'])).out).to.match(
      /^NAME.*\nlist\/a .*\nlist\/b /,
    );
  });

  it('never shows a lease ID in lists', async () => {
    const lease = await acquire('secret');
    for (const args of [
      ['lock', 'list'],
      ['lock', 'get', 'secret'],
      ['lease', 'list'],
    ]) {
      expect((await cli([...args, '-o', 'json'])).out).to.not.contain(lease);
    }
  });

  it('gives permits of a semaphore', async () => {
    await acquire('pool', '--limit', '2');
    await acquire('pool', '--limit', '2');
    expect((await cli(['lock', 'acquire', 'pool', '--limit', '2'])).code).to.equal(75);
  });

  it('checks a token: 0 if it is current, 1 if it is not', async () => {
    const answer = await json('lock', 'acquire', 'token');
    // The answer's JSON, which another test looks at.
    const { fencingToken } = (answer as { readonly grant: { readonly fencingToken: string } })
      .grant;
    expect(await cli(['lock', 'check', 'token', fencingToken])).to.include({
      code: 0,
      out: 'current\n',
    });
    const stale = await cli(['lock', 'check', 'token', '1']);
    expect(stale).to.include({ code: 1, out: `not current: ${fencingToken} is\n` });
  });

  it('releases only for the lease that holds it', async () => {
    const lease = await acquire('mine', '--ttl', '1m');
    const other = await acquire('other', '--ttl', '1m');
    expect((await cli(['lock', 'release', 'mine', '--lease', other])).code).to.equal(1);
    expect(await json('lock', 'get', 'mine')).to.include({ held: true });
    const released = await cli(['lock', 'release', 'mine', '--lease', '-'], {
      input: `${lease}\n`,
    });
    expect(released.code).to.equal(0);
    const again = await cli(['lock', 'release', 'mine'], { env: { SHARED_LOCK_LEASE: lease } });
    expect(again.code).to.equal(1);
  });

  it('takes a lock from its holder, with a reason', async () => {
    const lease = await acquire('forced', '--owner', 'alice', '--ttl', '1m');
    const { code, out } = await cli([
      'lock',
      'force-release',
      'forced',
      '--reason',
      'host is gone',
    ]);
    expect(code).to.equal(0);
    expect(out).to.match(/\ntaken from +alice/);
    const told = await cli(['lock', 'release', 'forced', '--lease', lease]);
    expect(told.code).to.equal(1);
    expect(told.err).to.contain('host is gone').and.to.not.contain(lease);
    expect((await cli(['lock', 'force-release', 'forced', '--reason', 'x'])).code).to.equal(1);
  });

  it('watches a lock, an event a line, until it is ended', async () => {
    const watch = new CliProcess(['lock', 'watch', 'watched', '-o', 'json'], {
      address: daemon.grpcAddress,
    });
    await watch.says(/"STATE"/);
    const lease = await acquire('watched');
    await watch.says(/"ACQUIRED"/);
    await cli(['lock', 'release', 'watched', '--lease', lease]);
    await watch.says(/"RELEASED"/);
    watch.signal('SIGTERM');
    expect((await watch.ended).code).to.equal(143);
    const kinds = watch.lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).to.deep.equal(['STATE', 'ACQUIRED', 'RELEASED']);
  });

  it('keeps several locks with one lease', async () => {
    const { out } = await cli(['lease', 'create', '--ttl', '1m', '--owner', 'session']);
    const lease = out.trim();
    await acquire('first', '--lease', lease);
    await acquire('second', '--lease', lease);
    expect((await cli(['lease', 'get', lease])).out).to.match(/session +1m0s +\S+ +first,second/);
    expect((await cli(['lease', 'list'])).out).to.contain('first,second');
    expect((await cli(['lease', 'keepalive', lease])).out).to.equal('1m0s\n');
    expect((await cli(['lease', 'revoke', lease])).code).to.equal(0);
    expect(await json('lock', 'get', 'first')).to.include({ held: false });
  });

  it('ends with 1 for a lease that has ended, and never repeats its ID', async () => {
    const lease = (await cli(['lease', 'create'])).out.trim();
    await cli(['lease', 'revoke', lease]);
    for (const verb of ['keepalive', 'get', 'revoke', 'watch']) {
      const { code, out, err } = await cli(['lease', verb, lease]);
      expect(code, verb).to.equal(1);
      expect(out + err).to.not.contain(lease);
    }
  });

  it('watches a lease to its end', async () => {
    const lease = (await cli(['lease', 'create', '--ttl', '3s'])).out.trim();
    const { code, out } = await cli(['lease', 'watch', lease]);
    expect(code).to.equal(1);
    expect(out).to.match(/^ALIVE {2}ttl=3s .*\n(?:JEOPARDY .*\n)*LOST {2}cause=EXPIRED\n$/);
  });

  it('keeps a lease alive as long as it follows', async () => {
    const lease = (await cli(['lease', 'create', '--ttl', '3s'])).out.trim();
    const keeper = new CliProcess(['lease', 'keepalive', '--follow', '-'], {
      ...{ address: daemon.grpcAddress, input: lease },
    });
    await keeper.says(/(?:3s\n){5}/);
    expect((await cli(['lease', 'get', lease])).code).to.equal(0);
    keeper.signal('SIGINT');
    expect((await keeper.ended).code).to.equal(130);
  });
});
