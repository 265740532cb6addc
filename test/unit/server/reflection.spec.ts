import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { loadFileDescriptorSetFromObject } from '@grpc/proto-loader';
import { expect } from 'chai';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import type { IFileDescriptorProto } from 'protobufjs/ext/descriptor/index.js';
import { REFLECTION_FILES } from '../../../src/protocol/generated/reflection.js';
import { call as rawCall, frame } from '../../e2e/raw-grpc.js';
import type { RawStatus } from '../../e2e/raw-grpc.js';
import { DESCRIPTORS, startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const run = promisify(execFile);

/** Where `go install` puts it, or anywhere on the PATH. */
function findGrpcurl(): string | undefined {
  const { PATH = '', GOBIN = '', GOPATH = join(homedir(), 'go') } = process.env;
  return [...PATH.split(delimiter), GOBIN, join(GOPATH, 'bin')]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'grpcurl'))
    .find((path) => existsSync(path));
}

describe('the files of reflection', () => {
  const files = REFLECTION_FILES.map(
    (text) =>
      descriptor.FileDescriptorProto.toObject(
        descriptor.FileDescriptorProto.decode(Buffer.from(text, 'base64')),
      ) as IFileDescriptorProto,
  );

  it('have all that they import', () => {
    const names = files.map(({ name }) => name);
    const imports = files.flatMap((file) => (file.dependency ?? []) as string[]);
    expect(names).to.include.members(imports);
    expect(imports).to.include.members(['google/api/annotations.proto', 'google/rpc/status.proto']);
  });

  it('refer to messages by their full names only', () => {
    const references = JSON.stringify(files).matchAll(/"typeName":"([^"]+)"/g);
    for (const [, name] of references) expect(name).to.match(/^\./);
  });

  it('name the entries of maps as protoc does, and fields as they are written', () => {
    const text = JSON.stringify(files);
    expect(text).to.contain('".sharedlock.v1.Holder.LabelsEntry"');
    expect(text).to.contain('"name":"fencing_token"').and.contain('"jsonName":"fencingToken"');
  });

  it('can be loaded again, to the same services', () => {
    const loaded = loadFileDescriptorSetFromObject({ file: files });
    expect(loaded).to.include.keys('sharedlock.v1.LockService', 'sharedlock.v1.LeaseService');
  });
});

describe('reflection', () => {
  let servers: TestServers;
  before(async () => {
    servers = await startServers();
  });
  after(() => servers.stop());

  /** Field 7 of a request asks for the names of all services, field 4 for the file with a symbol. */
  const listServices = Buffer.from([0x3a, 0]);
  const fileOf = (symbol: string): Buffer =>
    Buffer.concat([Buffer.from([0x22, symbol.length]), Buffer.from(symbol)]);

  for (const version of ['v1', 'v1alpha']) {
    const ask = (request: Buffer): Promise<RawStatus> =>
      rawCall(
        servers.grpcPort,
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        frame(request),
      );

    it(`lists the services by ${version}`, async () => {
      const { code, data } = await ask(listServices);
      expect(code).to.equal(0);
      for (const { service } of DESCRIPTORS.methods)
        expect(data.includes(service), service).to.equal(true);
      for (const service of ['grpc.health.v1.Health', 'grpc.reflection.v1alpha.ServerReflection']) {
        expect(data.includes(service), service).to.equal(true);
      }
    });

    it(`describes a service by ${version}, and says what it does not know`, async () => {
      const { code, data } = await ask(fileOf('sharedlock.v1.LockService'));
      expect([code, data.includes('AcquireRequest')]).to.deep.equal([0, true]);
      expect((await ask(fileOf('no.such.Thing'))).data.toString()).to.match(/not found/i);
    });
  }
});

describe('grpcurl without .proto files', () => {
  let servers: TestServers;
  const grpcurl = findGrpcurl();

  before(async () => {
    servers = await startServers();
    servers.grpc.setServing('', true);
  });

  after(() => servers.stop());

  async function call(...words: string[]): Promise<string> {
    const flags = words.slice(0, -1);
    const address = `127.0.0.1:${servers.grpcPort}`;
    const { stdout } = await run(grpcurl ?? '', [
      '-plaintext',
      ...flags,
      address,
      ...(words.slice(-1)[0]?.split(' ') ?? []),
    ]);
    return stdout;
  }

  if (grpcurl === undefined) {
    it('is not on this machine: go install github.com/fullstorydev/grpcurl/cmd/grpcurl@latest', () => {
      console.log('      grpcurl was not found on PATH or in GOPATH/bin: its tests did not run');
    });
    return;
  }

  it('lists the services', async () => {
    const ours = new Set(DESCRIPTORS.methods.map(({ service }) => service));
    expect((await call('list')).trim().split('\n')).to.deep.equal([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      ...[...ours].sort(),
    ]);
  });

  for (const symbol of [
    'sharedlock.v1.LockService',
    'sharedlock.v1.LeaseService.KeepAliveStream',
    'sharedlock.v1.WatchLockResponse',
    'google.protobuf.Duration',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
  ]) {
    it(`describes ${symbol}`, async () => {
      expect(await call(`describe ${symbol}`)).to.contain(symbol);
    });
  }

  it('takes and renews a lock with inline JSON', async () => {
    const request = '{"name":"curled","ttl":"20s","labels":{"a":"b"}}';
    const answer = JSON.parse(await call('-d', request, 'sharedlock.v1.LockService/Acquire')) as {
      acquired: boolean;
      grant: { leaseId: string; ttl: string };
    };
    expect(answer.acquired).to.equal(true);
    expect(answer.grant.ttl).to.equal('20s');
    const renewal = JSON.stringify({ lease_id: answer.grant.leaseId });
    expect(await call('-d', renewal, 'sharedlock.v1.LeaseService/KeepAlive')).to.contain('20s');
  });

  it('tells apart a field that is 0 from one that is not there', async () => {
    const bounded = '{"name":"curled","delta":-1,"min":0}';
    const refused = call('-d', bounded, 'sharedlock.v1.CounterService/Add');
    expect(await refused.catch(String)).to.contain('OutOfRange');
    const free = '{"name":"curled","delta":-1}';
    expect(await call('-d', free, 'sharedlock.v1.CounterService/Add')).to.contain('"-1"');
  });

  it('checks the health', async () => {
    expect(await call('grpc.health.v1.Health/Check')).to.contain('SERVING');
  });
});
