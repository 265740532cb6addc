import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliProcess } from '../support/cli-process.js';

/** Beside Node itself nothing takes so long to start with as packages: which ones a command loads. */
async function packagesOf(...args: string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sl-loaded-'));
  try {
    // It names every script that was loaded.
    await new CliProcess(args, { env: { NODE_V8_COVERAGE: folder } }).ended;
    const text = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('');
    const names = [...text.matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g)].map(
      ([, name = '']) => name,
    );
    return [...new Set(names)];
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
      ...['fastify', 'lmdb', 'pino', 'convict', 'etcd3', 'prom-client', 'ajv', '@grpc/reflection'],
    ]);
  });
});
