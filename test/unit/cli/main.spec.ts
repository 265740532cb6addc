import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { EXIT_CODES } from '../../../src/cli/exit-code-help.js';
import { main } from '../../../src/cli/main.js';
import { flatten } from '../../../src/config/setting.js';
import { SETTINGS } from '../../../src/config/settings.js';
import { EXIT } from '../../../src/core/exit-codes.js';
import type { Terminal } from '../../../src/cli/terminal.js';

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: string[]): Promise<Result> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    isTerminal: false,
    isErrTerminal: false,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  };
  const code = await main(args, terminal);
  return { code, out, err };
}

describe('the command line', () => {
  it('prints its version', async () => {
    const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
    const { code, out } = await run('version');
    expect(code).to.equal(0);
    expect({ version: out.trim() }).to.deep.equal({
      version: (manifest as { version: string }).version, // our own package.json
    });
    expect((await run('--version')).out).to.equal(out);
  });

  it('prints its version as JSON', async () => {
    const { code, out } = await run('version', '-o', 'json');
    const version = (await run('version')).out.trim();
    expect({ code, out }).to.deep.equal({ code: 0, out: `{"version":"${version}"}\n` });
  });

  it('shows help with examples on standard output', async () => {
    const { code, out, err } = await run('--help');
    expect(code).to.equal(0);
    expect(out).to.contain('shared-lock serve --etcd').and.to.contain('health');
    expect(err).to.equal('');
  });

  it('shows examples for each command that has options', async () => {
    expect((await run('serve', '--help')).out).to.contain('Examples:');
    expect((await run('health', '--help')).out).to.match(/Examples?:/);
  });

  it('shows the defaults that the configuration has', async () => {
    const help = (await run('serve', '--help')).out.replaceAll(/\s+/g, ' ');
    const shown = flatten(SETTINGS).filter(({ setting: { flag = '' } }) =>
      ['host', 'port', 'grpc-port', 'log-level'].includes(flag),
    );
    expect(shown).to.have.length(4);
    for (const { setting } of shown) {
      expect(help).to.match(
        new RegExp(`--${setting.flag ?? ''} <[^-]*\\(default: ${setting.fallback}\\)`),
      );
    }
  });

  it('tells what each exit code means, in the help and in the README', async () => {
    const { out } = await run('serve', '--help');
    const readme = readFileSync('README.md', 'utf8').replaceAll(/ +/g, ' ');
    for (const code of Object.values(EXIT)) {
      // `serve` has no question to answer with no.
      if (code === EXIT.no) continue;
      expect(out).to.match(new RegExp(`^  ${code} +\\w`, 'm'));
    }
    for (const [code, text] of EXIT_CODES) expect(readme).to.contain(`| ${code} | ${text} |`);
  });

  it('shows help as an error without a command', async () => {
    const { code, out, err } = await run();
    expect(code).to.equal(64);
    expect(out).to.equal('');
    expect(err).to.contain('Usage: shared-lock');
  });

  it('suggests what an unknown command may have meant', async () => {
    const { code, err } = await run('serv');
    expect(code).to.equal(64);
    expect(err).to.contain("unknown command 'serv'").and.to.contain('Did you mean serve?');
  });

  it('suggests what an unknown flag may have meant', async () => {
    const { code, err } = await run('serve', '--prot', '1');
    expect(code).to.equal(64);
    expect(err).to.contain('Did you mean --port?');
  });
});

describe('shared-lock serve --check-config', () => {
  it('shows the settings, with flags under their settings', async () => {
    const { code, out } = await run(
      ...['serve', '--check-config', '--grpc-port', '0', '--storage', 'mock'],
    );
    expect(code).to.equal(0);
    expect(out).to.match(/SHARED_LOCK_GRPC_PORT +server\.grpcPort +0 +flag/);
    expect(out).to.contain('storage: memory');
  });

  it('warns of what is not used', async () => {
    const { out } = await run('serve', '--check-config', '--storage', 'memory', '--etcd', 'a:1');
    expect(out).to.match(/^warning: --etcd is not used: storage is memory, /m);
  });

  it('reports what is wrong, a line each, with exit code 78', async () => {
    const { code, out, err } = await run(
      ...['serve', '--check-config', '--port', 'x', '--storage', 'redis'],
    );
    expect(code).to.equal(78);
    expect(out).to.equal('');
    expect(err.trim().split('\n')).to.have.lengthOf(2);
    expect(err).to.contain('shared-lock: --port=x: give a port');
  });

  it('reports a file that is not there', async () => {
    const { code, err } = await run('serve', '--check-config', '--config', '/nowhere.json');
    expect(code).to.equal(78);
    expect(err).to.contain('/nowhere.json').and.to.contain('there is no such file');
  });
});

describe('shared-lock health', () => {
  let server: Server;
  let url: string;
  let status: number;
  let answer: string;
  beforeEach(async () => {
    status = 200;
    answer = 'ready';
    server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404);
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // It listens on TCP.
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach((done) => {
    server.closeAllConnections();
    // One that a test has closed says so.
    server.close(() => {
      done();
    });
  });

  it('ends well if the daemon is ready', async () => {
    expect(await run('health', '--url', url)).to.deep.equal({ code: 0, out: 'ready\n', err: '' });
  });

  it('ends with 69 and the reason if it is not', async () => {
    status = 503;
    answer = 'etcd can not be reached';
    expect(await run('health', '--url', url)).to.deep.equal({
      code: 69,
      out: '',
      err: 'etcd can not be reached\n',
    });
  });

  it('ends well with --live if the daemon runs, ready or not', async () => {
    server.removeAllListeners('request').on('request', (request, response: ServerResponse) => {
      response.writeHead(request.url === '/livez' ? 200 : 503).end('ok\n');
    });
    expect((await run('health', '--live', '--url', url)).code).to.equal(0);
    expect((await run('health', '--url', url)).code).to.equal(69);
  });

  it('answers as JSON, ready or not', async () => {
    expect(await run('health', '-o', 'json', '--url', url)).to.deep.equal({
      code: 0,
      out: '{"ready":true,"detail":"ready"}\n',
      err: '',
    });
    status = 503;
    answer = 'etcd can not be reached';
    expect(await run('health', '-o', 'json', '--url', url)).to.deep.equal({
      code: 69,
      out: '{"ready":false,"detail":"etcd can not be reached"}\n',
      err: 'etcd can not be reached\n',
    });
  });

  it('says as JSON whether the daemon runs, or that nobody answers', async () => {
    server.removeAllListeners('request').on('request', (_, response: ServerResponse) => {
      response.end('ok\n');
    });
    const ask = ['health', '--live', '--output', 'json', '--url', url];
    expect((await run(...ask)).out).to.equal('{"live":true,"detail":"ok"}\n');
    await new Promise((resolve) => server.close(resolve));
    const { code, out } = await run(...ask);
    expect(code).to.equal(69);
    expect(out).to.match(/^\{"live":false,"detail":"no daemon answers at .*"\}\n$/);
  });

  it('ends with 69 if nobody answers', async () => {
    await new Promise((resolve) => server.close(resolve));
    const { code, err } = await run('health', '--url', url);
    expect(code).to.equal(69);
    expect(err).to.contain(`no daemon answers at ${url}`);
  });

  it('ends with 69 if the answer does not come', async () => {
    server.removeAllListeners('request');
    const { code, err } = await run('health', '--url', url);
    expect(code).to.equal(69);
    expect(err).to.contain('no answer within 3 s');
  });

  it('ends with 64 for what is no address: nobody was asked', async () => {
    const { code, err } = await run('health', '--url', 'here');
    expect(code).to.equal(64);
    expect(err).to.match(/^shared-lock: here is no address: give a URL such as /);
  });
});
