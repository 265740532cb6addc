import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliProcess, cliFor } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from './worlds.js';

describe('shared-lock', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let cli: ReturnType<typeof cliFor>;
  let folder: string;

  before(async () => {
    daemon = await DaemonProcess.start();
    cli = cliFor(daemon.grpcAddress);
    folder = mkdtempSync(join(tmpdir(), 'sl-cli-'));
  });
  after(async () => {
    await daemon.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const json = async (...args: string[]): Promise<unknown> => {
    const { out } = await cli([...args, '-o', 'json']);
    return JSON.parse(out);
  };
  const file = (name: string, text: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const watch = (...args: string[]): CliProcess =>
    new CliProcess(args, { address: daemon.grpcAddress });

  context('counter', () => {
    it('prints values, and nothing else', async () => {
      expect(await cli(['counter', 'get', 'fresh'])).to.deep.equal({
        code: 0,
        out: '0\n',
        err: '',
      });
      expect((await cli(['counter', 'add', 'fresh'])).out).to.equal('1\n');
      expect((await cli(['counter', 'add', 'fresh', '--', '-5'])).out).to.equal('-4\n');
      expect((await cli(['counter', 'set', 'fresh', '7'])).out).to.equal('7\n');
      expect(await cli(['counter', 'delete', 'fresh'])).to.include({ code: 0, out: '7\n' });
      expect((await cli(['counter', 'delete', 'fresh'])).code).to.equal(1);
    });

    it('keeps all digits of 64 bits, in text and in JSON', async () => {
      const max = '9223372036854775807';
      expect((await cli(['counter', 'set', 'max', max])).out).to.equal(`${max}\n`);
      expect(await json('counter', 'get', 'max')).to.include({ name: 'max', value: max });
      expect(await json('counter', 'list', '--prefix', 'max')).to.have.nested.property(
        'counters[0].value',
        max,
      );
      expect((await cli(['counter', 'add', 'max'])).code).to.equal(1);
    });

    it('refuses what 64 bits can not hold, instead of counting on with other digits', async () => {
      const refused = await cli(['counter', 'set', 'beyond', '99999999999999999999']);
      expect(refused).to.include({ code: 64, out: '' });
      expect(refused.err).to.contain('value: must be from -9223372036854775808 to');
      const bounded = await cli(['counter', 'add', 'beyond', '1', '--max', '18446744073709551615']);
      expect(bounded).to.include({ code: 64, out: '' });
      expect((await cli(['counter', 'get', 'beyond'])).out).to.equal('0\n');
    });

    it('ends with 1 if a condition does not hold, and changes nothing', async () => {
      await cli(['counter', 'set', 'guarded', '3']);
      const wrong = [
        ['counter', 'set', 'guarded', '9', '--expected', '4'],
        ['counter', 'add', 'guarded', '2', '--max', '4'],
        ['counter', 'add', 'guarded', '--fence', 'nobody:1'],
        ['counter', 'add', 'guarded', '--fence', 'election:nobody:1'],
      ];
      for (const { code, out } of await Promise.all(wrong.map((args) => cli(args)))) {
        expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      }
      expect((await cli(['counter', 'set', 'guarded', '9', '--expected', '3'])).out).to.equal(
        '9\n',
      );
    });

    it('writes under a fence inside of run', async () => {
      const script = `"$0" "$1" counter add fenced 2 --fence "$SHARED_LOCK_NAME:$SHARED_LOCK_FENCING_TOKEN"`;
      const program = new URL('../../dist/cmd/shared-lock.js', import.meta.url).pathname;
      const words = ['sh', '-c', script, process.execPath, program];
      expect(await cli(['run', 'the lock', '--', ...words])).to.include({ code: 0, out: '2\n' });
    });

    it('watches', async () => {
      const process = watch('counter', 'watch', 'watched');
      await process.says(/^[0-9]+ {2}0\n/m);
      await cli(['counter', 'set', 'watched', '5']);
      await process.says(/^[0-9]+ {2}5\n/m);
      process.signal('SIGINT');
      expect((await process.ended).code).to.equal(130);
    });
  });

  context('election', () => {
    it('elects one, shows who leads, and hands over on resigning', async () => {
      const first = await cli('election campaign boss --candidate a --ttl 1m --value v'.split(' '));
      expect(first.code).to.equal(0);
      expect(first.out).to.match(/^[1-9][0-9]*\n$/);
      const second = await cli(['election', 'campaign', 'boss', '--candidate', 'b']);
      expect(second).to.include({ code: 75, out: '' });
      expect(second.err).to.contain('held by a');
      const observer = watch('election', 'observe', 'boss');
      await observer.says(/STATE {2}a/);
      const third = watch(...'election campaign boss --candidate c --wait 20s -o json'.split(' '));
      await eventually('it waits', async () =>
        /candidate 1 +c/.test((await cli(['election', 'leader', 'boss'])).out),
      );
      expect((await cli(['election', 'leader', 'boss'])).out).to.match(/leader +a +[0-9]+ .* v\n/);
      const lease = first.out.trim();
      expect((await cli(['election', 'resign', 'boss', '--lease', lease])).code).to.equal(0);
      expect(JSON.parse((await third.ended).out)).to.include({ elected: true });
      await observer.says(/VACATED {2}a[^]*ELECTED {2}c/);
      await observer.kill();
      expect(await json('election', 'list')).to.have.nested.property(
        'elections[0].leader.candidate',
        'c',
      );
      expect((await cli(['election', 'resign', 'boss', '--lease', lease])).code).to.equal(1);
    });

    it('ends with 1 if nobody leads', async () => {
      const result = await cli(['election', 'leader', 'empty']);
      expect(result).to.include({ code: 1, out: 'nobody leads\n' });
    });
  });

  context('config', () => {
    it('takes documents from an argument, a file and standard input', async () => {
      expect((await cli(['config', 'create', 'ns', 'doc', '{"a":1.0}'])).code).to.equal(0);
      expect((await cli(['config', 'get', 'ns', 'doc'])).out).to.equal('{"a":1.0}\n');
      await cli(['config', 'put', 'ns', 'doc', '--file', file('doc.json', '{"a":2}')]);
      expect((await cli(['config', 'get', 'ns', 'doc'])).out).to.equal('{"a":2}\n');
      await cli(['config', 'put', 'ns', 'doc', '-'], { input: '{"a":3}' });
      expect((await cli(['config', 'get', 'ns', 'doc'])).out).to.equal('{"a":3}\n');
      const old = await cli(['config', 'get', 'ns', 'doc', '--version', '1']);
      expect(old.out).to.equal('{"a":2}\n');
    });

    it('patches, rolls back, and shows the history', async () => {
      await cli(['config', 'create', 'ns', 'patched', '{"a":1}']);
      await cli(['config', 'patch', 'ns', 'patched', '{"b":2}']);
      const patch = '[{"op":"remove","path":"/a"}]';
      await cli(['config', 'patch', 'ns', 'patched', '--json-patch', patch]);
      expect((await cli(['config', 'get', 'ns', 'patched'])).out).to.equal('{"b":2}\n');
      const { code, err } = await cli(['config', 'rollback', 'ns', 'patched', '0']);
      expect(code).to.equal(0);
      expect(err).to.contain('version 3');
      expect((await cli(['config', 'history', 'ns', 'patched'])).out).to.match(
        /^VERSION +REVISION\n3 .*\n2 .*\n1 .*\n0 .*\n$/,
      );
    });

    it('deletes only what is disabled, unless it is forced', async () => {
      await cli(['config', 'create', 'ns', 'gone', '{}']);
      const refused = await cli(['config', 'delete', 'ns', 'gone']);
      expect(refused.code).to.equal(1);
      expect((await cli(['config', 'disable', 'ns', 'gone'])).err).to.contain('disabled');
      expect(await json('config', 'get', 'ns', 'gone')).to.include({ enabled: false });
      expect((await cli(['config', 'delete', 'ns', 'gone'])).code).to.equal(0);
      expect((await cli(['config', 'get', 'ns', 'gone'])).code).to.equal(1);
    });

    it('writes only over the version that was read', async () => {
      await cli(['config', 'create', 'ns', 'tagged', '{}']);
      // What `config get -o json` shows.
      const { etag } = (await json('config', 'get', 'ns', 'tagged')) as { readonly etag: string };
      const put = ['config', 'put', 'ns', 'tagged', '--if-match', etag];
      expect((await cli([...put, '{"a":1}'])).code).to.equal(0);
      expect((await cli([...put, '{"a":2}'])).code).to.equal(1);
    });

    it('refuses what the schema does not allow', async () => {
      const schema = file('schema.json', '{"type":"object","required":["a"]}');
      const created = await cli([
        'config',
        'create',
        'ns',
        'checked',
        '{"a":1}',
        '--schema',
        schema,
      ]);
      expect(created.code).to.equal(0);
      expect((await cli(['config', 'put', 'ns', 'checked', '{}'])).code).to.not.equal(0);
    });

    it('lists without texts, and watches', async () => {
      const process = watch('config', 'watch', 'other', '-o', 'json');
      await process.says(/"SYNCED"/);
      await cli(['config', 'create', 'other', 'one', '{}']);
      await process.says(/"PUT".*"one"/);
      await process.kill();
      expect(await json('config', 'list', 'other')).to.containSubset({
        configs: [{ name: 'one', enabled: true, document: '' }],
      });
      expect((await cli(['config', 'list', 'other'])).out).to.match(/^NAME .*\none +0 +yes /);
    });
  });

  context('message', () => {
    const DIGEST = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';

    it('stores a text and finds it, byte for byte', async () => {
      expect((await cli(['message', 'put', 'foo'])).out).to.equal(`${DIGEST}\n`);
      expect((await cli(['message', 'get', DIGEST])).out).to.equal('foo');
      const digest = (
        await cli(['message', 'put', '--file', file('text', '\ufeffä\n\n')])
      ).out.trim();
      expect((await cli(['message', 'get', digest])).out).to.equal('\ufeffä\n\n');
      expect((await cli(['message', 'put', '-'], { input: 'foo' })).out).to.equal(`${DIGEST}\n`);
    });

    it('deletes a text; ends with 1 if there is none', async () => {
      const digest = (await cli(['message', 'put', 'not for long'])).out.trim();
      expect(await cli(['message', 'delete', digest])).to.deep.equal({ code: 0, out: '', err: '' });
      expect((await cli(['message', 'get', digest])).code).to.equal(1);
      const again = await cli(['message', 'delete', digest, '-o', 'json']);
      expect(again.code).to.equal(1);
      expect(JSON.parse(again.out)).to.deep.equal({ deleted: false });
    });

    it('ends with 1 for a text that is not there, 64 for what is no digest, 65 for what is no text', async () => {
      expect((await cli(['message', 'get', '0'.repeat(64)])).code).to.equal(1);
      expect((await cli(['message', 'get', 'xyz'])).code).to.equal(64);
      const binary = file('binary', Buffer.from([0xff, 0xfe]));
      const refused = await cli(['message', 'put', '--file', binary]);
      expect(refused).to.deep.equal({
        code: 65,
        out: '',
        err: `shared-lock: ${binary}: is not UTF-8\n`,
      });
    });
  });

  context('with bad input', () => {
    const USAGE: readonly (readonly [string, readonly string[], RegExp])[] = [
      [
        'a duration without a unit',
        ['lock', 'acquire', 'x', '--ttl', '10'],
        /a number with a unit, such as/,
      ],
      [
        'a TTL beyond the bounds',
        ['lock', 'acquire', 'x', '--ttl', '25h'],
        /^shared-lock: ttl: must be above 0/,
      ],
      ['a name that is none', ['lock', 'get', 'a/../b'], /^shared-lock: name: /],
      ['what is no lease ID', ['lease', 'get', 'abc'], /a lease ID is a number from 1/],
      [
        'no lease ID',
        ['lease', 'revoke'],
        /which lease\? Give its ID as an argument .* or in SHARED_LOCK_LEASE; such as: shared-lock lease revoke \d+\n$/,
      ],
      [
        'no lease to release',
        ['lock', 'release', 'x'],
        /Give its ID with --lease .* or in SHARED_LOCK_LEASE; such as: shared-lock lock release \w+ --lease \d+\n$/,
      ],
      [
        'no lease to resign',
        ['election', 'resign', 'x'],
        /Give its ID with --lease .*; such as: shared-lock election resign/,
      ],
      ['an empty lease', ['lock', 'acquire', 'x', '--lease', ''], /--lease is empty/],
      ['an empty file', ['lock', 'list', '--cacert', ''], /--cacert is empty: give a value/],
      ['an empty address', ['run', 'x', '--address', '', '--', 'true'], /--address is empty/],
      ['what is no number', ['counter', 'add', 'x', '1.5'], /Give a whole number/],
      ['a token of 0', ['lock', 'check', 'x', '0'], /Give a whole number from 1/],
      ['a label without a value', ['lock', 'acquire', 'x', '--label', 'a'], /Give name=value/],
      [
        'a format that there is not',
        ['lock', 'list', '-o', 'xml'],
        /Allowed choices are table, json/,
      ],
      ['an argument too many', ['lock', 'get', 'a', 'b'], /too many arguments/],
      ['an argument too few', ['lock', 'get'], /missing required argument 'name'/],
      [
        'a flag that there is not',
        ['lock', 'get', 'a', '--adress', 'x'],
        /Did you mean --address\?/,
      ],
      ['a command that there is not', ['lock', 'aquire'], /Did you mean acquire\?/],
      ['no document', ['config', 'put', 'ns', 'x'], /give the document as an argument/],
      ['two documents', ['config', 'put', 'ns', 'x', '{}', '--file', 'y'], /give the document as/],
      [
        'an address that is none',
        ['lock', 'list', '--address', 'here'],
        /"here" is none; give host:port/,
      ],
      [
        'a certificate without a key',
        ['lock', 'list', '--cert', '/dev/null'],
        /cert and key only go together/,
      ],
    ];
    for (const [what, args, message] of USAGE) {
      it(`ends with 64 and says what would be right: ${what}`, async () => {
        const { code, out, err } = await cli(args);
        expect({ code, out }).to.deep.equal({ code: 64, out: '' });
        expect(err).to.match(message);
      });
    }

    it('ends with 74 for a file that can not be read', async () => {
      const { code, err } = await cli(['config', 'put', 'ns', 'x', '--file', '/no/such/file']);
      expect(code).to.equal(74);
      expect(err).to.match(/^shared-lock: the file can't be read: .*\/no\/such\/file'\n$/);
    });

    it('ends with 69 if no daemon answers, and says what to do', async () => {
      const { code, err } = await cli('lock list --address localhost:1 --timeout 200ms'.split(' '));
      expect(code).to.equal(69);
      expect(err).to.match(
        /^shared-lock: no daemon answers at localhost:1: .*; start one with .*\n$/,
      );
    });

    it('finds the daemon that answers among several', async () => {
      const address = `localhost:1,${daemon.grpcAddress}`;
      expect((await cli(['counter', 'get', 'x', '--address', address])).code).to.equal(0);
    });

    it('ends quietly when nobody reads on', async () => {
      const program = new URL('../../dist/cmd/shared-lock.js', import.meta.url).pathname;
      const script = `"$0" "$1" counter watch x --address ${daemon.grpcAddress} | head -1 >/dev/null`;
      const args = ['run', 'pipe', '--', 'sh', '-c', script, process.execPath, program];
      const pipe = new CliProcess(args, { address: daemon.grpcAddress });
      await eventually('head has its line', async () => {
        await cli(['counter', 'add', 'x']);
        return pipe.hasEnded;
      });
      expect(await pipe.ended).to.include({ err: '' });
    });
  });
});
