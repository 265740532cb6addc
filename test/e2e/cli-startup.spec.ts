import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';

interface Coverage {
  readonly result: readonly {
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

/** Which packages a command runs any code of: in the bundle each of their files is a function that has its path for a name. */
async function packagesOf(...args: string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sl-loaded-'));
  try {
    await new CliProcess(args, { env: { NODE_V8_COVERAGE: folder } }).ended;
    const names = readdirSync(folder)
      // Node.js's own form.
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage)
      .flatMap(({ result }) => result.flatMap(({ functions }) => functions))
      .filter(({ ranges }) => ranges.some(({ count }) => count > 0))
      .map(({ functionName }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(functionName)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('The start of the command line', function () {
  this.timeout(60_000);

  it('loads nothing but commander for help, versions and completion', async () => {
    for (const args of [
      ['version'],
      ['--help'],
      ['lock', 'acquire', '--help'],
      ['completion', 'bash'],
    ]) {
      expect(await packagesOf(...args), args.join(' ')).to.deep.equal(['commander']);
    }
  });

  it('loads gRPC for a command that talks to a daemon, and nothing of the daemon', async () => {
    const args = ['counter', 'get', 'x', '--address', 'localhost:1', '--timeout', '100ms'];
    const packages = await packagesOf(...args);
    expect(packages).to.include.members(['commander', '@grpc/grpc-js', 'protobufjs']);
    expect(packages).to.not.include.oneOf([
      ...[
        '@fastify/busboy',
        'lmdb',
        'pino',
        'convict',
        'etcd3',
        'prom-client',
        'ajv',
        '@grpc/reflection',
      ],
    ]);
  });

  it('takes a fraction of the CPU time that it takes to find and compile all files', async () => {
    const daemon = await DaemonProcess.start();
    const cpuMs = cpuMsOf(daemon.pid);
    await daemon.dispose();
    // 250 ms on a machine of 2024 that had little else to do, where it was 1000 before.
    expect(cpuMs).to.be.within(50, 600);
  });
});

/** User and system time of a process, in milliseconds: see proc(5). */
function cpuMsOf(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
}
