import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { RowDatabase } from '../../src/store/embedded/database.js';
import { encodeHead, FORMAT } from '../../src/store/embedded/record.js';
import { Program } from '../support/child.js';
import { onSmallDisk } from '../support/small-disk.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist/cmd/shared-lock.js');
const PORTS = ['--port', '0', '--grpc-port', '0'] as const;
const MEMORY = [...PORTS, '--storage', 'memory'] as const;

describe('The exit codes of serve', function () {
  this.timeout(60_000);
  let folder: string;
  let data: string;
  const running: Program[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-exit-'));
    data = join(folder, 'data');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.kill()));
    await rm(folder, { recursive: true, force: true });
  });

  const serve = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): Program => {
    const command = [...wrapper, process.execPath, PROGRAM, 'serve', ...args];
    const program = new Program(command, { PATH: process.env.PATH, HOME: folder, ...env });
    running.push(program);
    return program;
  };
  const ready = async (program: Program): Promise<Program> => {
    await program.until(() => program.lines.some((line) => line.includes('"msg":"ready"')));
    return program;
  };
  const codeOf = async (program: Program): Promise<number | null> => {
    await program.ended();
    return program.exitCode;
  };
  const onDisk = (): Program => serve([...PORTS, '--data-dir', data]);
  const stopped = async (): Promise<void> => {
    const daemon = await ready(onDisk());
    daemon.signal('SIGTERM');
    expect(await codeOf(daemon)).to.equal(0);
  };

  /** Ways to each code. */
  const WAYS: readonly (readonly [number, string, () => Promise<number | null>])[] = [
    [
      0,
      'a stop by SIGTERM',
      async () => {
        const daemon = await ready(serve(MEMORY));
        daemon.signal('SIGTERM');
        return codeOf(daemon);
      },
    ],
    [64, 'a flag that is not known', () => codeOf(serve([...MEMORY, '--prot', '1']))],
    [
      65,
      'a damaged page',
      async () => {
        await stopped();
        const file = join(data, 'data.mdb');
        const bytes = await readFile(file);
        // All but the meta pages.
        bytes.fill(0xff, 2 * 4096, 40 * 4096);
        await writeFile(file, bytes);
        return codeOf(onDisk());
      },
    ],
    [
      65,
      'an older copy',
      async () => {
        await stopped();
        await copyFile(join(data, 'data.mdb'), join(folder, 'copy'));
        const daemon = await ready(onDisk());
        const port = Number(/"httpPort":([0-9]+)/.exec(daemon.lines.join())?.[1]);
        const url = `http://127.0.0.1:${port}/v1/locks/l:acquire`;
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', headers, body: '{"ttl":"60s"}' });
        expect(answer.status).to.equal(200);
        await daemon.kill();
        await copyFile(join(folder, 'copy'), join(data, 'data.mdb'));
        return codeOf(onDisk());
      },
    ],
    [
      65,
      'data of another version',
      async () => {
        await stopped();
        const head = { format: FORMAT + 1, instance: 'i', revision: 1, entries: 0, leases: 0 };
        const record = encodeHead({ kind: 'head', row: 0 }, head);
        const database = new RowDatabase(data);
        await database.commit([{ table: 'head', row: 0, record }]);
        await database.close();
        return codeOf(onDisk());
      },
    ],
    [69, 'an etcd that is not there', () => codeOf(serve([...PORTS, '--etcd', '127.0.0.1:1']))],
    [
      70,
      'an exception that nobody catches, of a module that is loaded before',
      () => {
        const breaks = 'setTimeout(() => nothing(), 1000)';
        const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(breaks)}`;
        return codeOf(serve(MEMORY, { NODE_OPTIONS }));
      },
    ],
    [
      71,
      'a port in use',
      async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
        const { port } = taken.address() as AddressInfo;
        const args = ['--storage', 'memory', '--host', '127.0.0.1', '--grpc-port', '0'];
        const code = await codeOf(serve([...args, '--port', `${port}`]));
        taken.close();
        return code;
      },
    ],
    [
      73,
      'a file in the place of the folder',
      async () => {
        await writeFile(data, '');
        return codeOf(onDisk());
      },
    ],
    [
      74,
      'a full disk at the first start',
      async () => {
        await mkdir(data);
        const disk = onSmallDisk(data, 64 * 1024);
        return codeOf(serve([...PORTS, '--data-dir', data], {}, disk));
      },
    ],
    [
      75,
      'a folder that another process has',
      async () => {
        await ready(onDisk());
        return codeOf(onDisk());
      },
    ],
    [
      77,
      'a folder that this user may not write',
      async () => {
        await mkdir(data, { mode: 0o555 });
        // Root may write everywhere, unless it is without that power.
        const plain = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
        const wrapper = process.getuid?.() === 0 ? [...plain, '--'] : [];
        return codeOf(serve([...PORTS, '--data-dir', data], {}, wrapper));
      },
    ],
    [78, 'a value that is none', () => codeOf(serve([...MEMORY, '--host', '192.0.2.1']))],
    ...(
      [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const
    ).map(
      ([signal, code]) =>
        [
          code,
          `a second ${signal}`,
          async () => {
            const env = { SHARED_LOCK_SERVER_DRAIN_DELAY: '50s' };
            const daemon = await ready(serve(MEMORY, env));
            daemon.signal(signal);
            await daemon.until(() => daemon.lines.some((line) => line.includes('"signal"')));
            daemon.signal(signal);
            return codeOf(daemon);
          },
        ] as const,
    ),
  ];

  for (const [code, why, way] of WAYS) {
    it(`${code}: ${why}`, async () => {
      expect(await way(), running.map((program) => program.errors).join('\n')).to.equal(code);
    });
  }

  /** The codes in the first column of the table below a line of a document. */
  const documented = async (file: string, above: string): Promise<number[]> => {
    const text = await readFile(join(ROOT, file), 'utf8');
    const after = text.slice(text.indexOf(above));
    expect(after.startsWith(above)).to.equal(true);
    const rows = after.slice(after.indexOf('\n|')).split('\n\n')[0] ?? '';
    return [...rows.matchAll(/^\| ([0-9, ]+?) *\|/gm)].flatMap(([, codes = '']) =>
      codes.split(', ').map(Number),
    );
  };

  it('are those of the README, all of them', async () => {
    const codes = await documented('README.md', 'What `serve` ends with:');
    expect(codes).to.deep.equal([...new Set(WAYS.map(([code]) => code))]);
  });

  it('are in the runbook as far as a start ends with them', async () => {
    const codes = await documented('deployment/README.md', '### A daemon does not start');
    const ofStarts = WAYS.map(([code]) => code).filter((code) => code > 0 && code < 128);
    expect(codes).to.deep.equal([...new Set(ofStarts)]);
  });

  it('keep systemd from starting again where that is no help', async () => {
    const unit = await readFile(join(ROOT, 'deployment/systemd/shared-lock.service'), 'utf8');
    expect(unit).to.match(/^RestartPreventExitStatus=64 65 78$/m);
  });
});
