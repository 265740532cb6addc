import { connect } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Principal } from '../../../../src/core/access/principal.js';
import { Guard } from '../../../../src/server/access/guard.js';
import { accessFor, GuardedServers, tokenOf } from '../../../support/guarded-servers.js';
import { until } from '../../../support/until.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
rules:
  - {to: [ann], allow: ["*"], on: ["*"]}
quotas:
  ann: {inFlight: 1, connections: 1}
`;

describe('a caller that leaves before it is known who it is', () => {
  let bench: GuardedServers;
  let asked: number;
  let tell: () => void;
  beforeEach(async () => {
    asked = 0;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const access = accessFor(POLICY);
    const { authenticator } = access;
    const guard = new Guard({
      ...access,
      mode: 'enforce',
      refused: () => undefined,
      authenticator: {
        again: (principal) => authenticator.again(principal),
        // As with a JWT whose keys have to be read.
        identify: async (presented): Promise<Principal> => {
          asked++;
          if (asked === 1) await told;
          return authenticator.identify(presented);
        },
      },
    });
    bench = await GuardedServers.start(guard);
  });
  afterEach(() => bench.stop());
  const isOver = (): boolean => bench.servers.observer.entries.length === 1;
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  it('takes nothing of its quota, over HTTP', async () => {
    const socket = connect(bench.servers.httpPort, '127.0.0.1');
    socket.write(
      'GET /v1/locks/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann\r\n\r\n',
    );
    await until('it is asked who that is', () => asked === 1);
    socket.destroy();
    await until('the caller has left', isOver);
    tell();
    await turn();
    expect([...bench.servers.http.calls.all()]).to.deep.equal([]);
    const { status, text } = await bench.http('GET', '/v1/locks/a', 'ann');
    expect([status, text]).to.deep.equal([200, text]);
  });

  it('takes nothing of its quota, over gRPC', async () => {
    const client = new Client(`127.0.0.1:${bench.servers.grpcPort}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer ann');
    const asIs = (bytes: Buffer): Buffer => bytes;
    const path = '/sharedlock.v1.LockService/GetLock';
    const request = Buffer.from([10, 1, 97]);
    const call = client.makeUnaryRequest(path, asIs, asIs, request, metadata, () => undefined);
    await until('it is asked who that is', () => asked === 1);
    call.cancel();
    client.close();
    await until('the caller has left', isOver);
    tell();
    await turn();
    expect((await bench.grpc('LockService/GetLock', { name: 'a' }, 'ann')).details).to.equal('');
  });
});
