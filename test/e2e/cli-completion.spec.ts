import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { bashCompletion } from '../../src/cli/completion/bash.js';
import { fishCompletion } from '../../src/cli/completion/fish.js';
import { commandWords } from '../../src/cli/completion/words.js';
import { zshCompletion } from '../../src/cli/completion/zsh.js';
import { makeProgram } from '../../src/cli/program.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { ShellTerminal } from '../support/shell-terminal.js';
import type { ShellName } from '../support/shell-terminal.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Each with what is typed of it; that begins no other name. What a shell would run makes a file. */
const NAMES: readonly (readonly [typed: string, name: string])[] = [
  ['nightly', 'nightly-report'],
  ['batch:o', 'batch:one'],
  ['a@b=', 'a@b=c:d'],
  ['dir/', 'dir/below'],
  ['two', 'two words  wide'],
  ['single', "single'quote"],
  ['double', 'double"quote'],
  ['back', 'back\\slash'],
  ['dollar', 'dollar$(touch made)$HOME'],
  ['tick', 'tick`touch made`'],
  ['semi', 'semi;touch made;'],
  ['amp', 'amp&touch made|cat>made<made'],
  ['star', 'star*?[a-z]{x,y}#~!!'],
  ['grö', 'größe 🔒'],
];

for (const name of ['bash', 'zsh', 'fish'] as const satisfies ShellName[]) {
  describe(`The completion of ${name}, at a terminal`, function () {
    this.timeout(60_000);
    let daemon: DaemonProcess;
    let shell: ShellTerminal | undefined;

    before(async () => {
      daemon = await DaemonProcess.start({ quiet: true });
      const put = (path: string, method: string, body: object): Promise<Response> =>
        fetch(`${daemon.url}/v1/${path}`, {
          ...{ method, body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json' },
        });
      for (const [, lock] of NAMES) {
        const { status } = await put(`locks/${encodeURIComponent(lock)}:acquire`, 'POST', {
          ttl: '1h',
        });
        expect(status, lock).to.equal(200);
      }
      await put('elections/scheduler:campaign', 'POST', { ttl: '1h', candidate: 'x' });
      await put('counters/visits', 'PUT', { value: '1' });
      await put('namespaces/shop/configs/limits', 'POST', { document: '{}' });
      const terminal = {
        ...{ out: () => undefined, err: () => undefined },
        ...{ isTerminal: false, isErrTerminal: false },
      };
      const words = commandWords(await makeProgram({ terminal, finish: () => undefined }));
      shell = new ShellTerminal(name, SCRIPTS[name](words, '20s'), {
        SHARED_LOCK_ADDRESS: daemon.grpcAddress,
      });
    });
    after(async () => {
      await shell?.dispose();
      await daemon.dispose();
    });

    const type = (keys: string): Promise<readonly string[]> => {
      if (shell === undefined) throw new Error('it is opened before the first test');
      return shell.words(keys);
    };

    it('has the commands, the flags, and the values of flags that have a choice', async () => {
      expect(await type('shared-lock elec\tlis\t--pre\tx -o j\t')).to.deep.equal(
        'election list --prefix x -o json'.split(' '),
      );
      expect(await type('shared-lock serve --stor\temb\t --log-level sil\t')).to.deep.equal(
        'serve --storage embedded --log-level silent'.split(' '),
      );
      expect(await type('shared-lock lock list --output=j\t')).to.deep.equal(
        'lock list --output=json'.split(' '),
      );
    });

    for (const [typed, lock] of NAMES) {
      it(`has the lock ${JSON.stringify(lock)}, as it is`, async () => {
        const words = await type(`shared-lock lock get ${typed}\t-o json`);
        expect(words).to.deep.equal(['lock', 'get', lock, '-o', 'json']);
        expect(readdirSync(shell?.folder ?? '')).to.not.include('made');
      });
    }

    it('has a name inside of quotes that were opened', async () => {
      for (const quote of [`"`, `'`]) {
        const words = await type(`shared-lock lock get ${quote}two\t-o json`);
        expect(words).to.deep.equal(['lock', 'get', 'two words  wide', '-o', 'json']);
      }
    });

    it('has the names of elections, counters and documents', async () => {
      expect(await type('shared-lock election resign sch\t')).to.include('scheduler');
      expect(await type('shared-lock counter add --min 3 vis\t')).to.include('visits');
      expect(await type('shared-lock config get -o json shop l\t')).to.include('limits');
      expect(await type('true; shared-lock run night\t-- true')).to.include('nightly-report');
    });

    it('asks the daemon that the flags name, and is silent if it is away', async () => {
      const away = await type('shared-lock lock get --address localhost:1 --timeout 300ms night\t');
      expect(away).to.deep.equal('lock get --address localhost:1 --timeout 300ms night'.split(' '));
      const there = await type(
        `shared-lock lock get --address ${daemon.grpcAddress} --timeout 9s night\t`,
      );
      expect(there.at(-1)).to.equal('nightly-report');
    });
  });
}

describe('Asking for names to complete', function () {
  this.timeout(30_000);

  it('ends without a word when its time is over, though no daemon answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo; // it listens at a port
    const words = ['lock', 'get', '--address', `127.0.0.1:${port}`, 'x'];
    const startedAtMs = performance.now();
    const ended = await new CliProcess(['complete-names', '--within', '300ms', '--', ...words])
      .ended;
    const tookMs = performance.now() - startedAtMs;
    silent.close();
    expect(ended).to.deep.equal({ code: 0, out: '', err: '' });
    // The call alone would have 5 s.
    expect(tookMs).to.be.below(4000);
  });

  const SILENT: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
    ['no daemon is there', ['lock', 'get', '--address', 'localhost:1', ''], {}],
    ['there is no such flag', ['lock', 'get', '--nothing', ''], {}],
    ['there is no such command', ['nothing', ''], {}],
    ['an address is none', ['lock', 'get', '--address', ':::', ''], {}],
    ['a file is not there', ['lock', 'get', '--cacert', '/no/such', ''], {}],
    ['a variable is wrong', ['lock', 'get', ''], { SHARED_LOCK_TIMEOUT: 'x' }],
  ];
  for (const [what, words, env] of SILENT) {
    it(`says nothing where ${what}`, async () => {
      const args = ['complete-names', '--within', '20s', '--', ...words];
      const ended = await new CliProcess(args, { env }).ended;
      expect(ended).to.deep.equal({ code: 0, out: '', err: '' });
    });
  }
});
