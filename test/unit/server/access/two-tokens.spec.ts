import { connect } from 'node:net';
import { expect } from 'chai';
import { GuardedServers, guardFor, tokenOf } from '../../../support/guarded-servers.js';
import { until } from '../../../support/until.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('bob')}
rules:
  - {to: [ann], allow: ["*"], on: ["*"]}
`;

/** RFC 9113, 4.1. */
function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541, 6.2.2: a literal without indexing, with its name. */
function header([name, value]: readonly [string, string]): Buffer {
  const text = (of: string): Buffer => Buffer.concat([Buffer.from([of.length]), Buffer.from(of)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** By hand: Node's client sends an Authorization header once only. */
function callWith(tokens: readonly string[]): Buffer {
  const headers: (readonly [string, string])[] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/sharedlock.v1.AccessService/WhoAmI'],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...tokens.map((token) => ['authorization', `Bearer ${token}`] as const),
  ];
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, 4, 1, Buffer.concat(headers.map(header))),
    frame(0, 1, 1, Buffer.alloc(5)),
  ]);
}

describe('a gRPC call with several Authorization headers', () => {
  let bench: GuardedServers;
  beforeEach(async () => (bench = await GuardedServers.start(guardFor(POLICY))));
  afterEach(() => bench.stop());

  it('is refused, as over HTTP: a proxy may have looked at another one', async () => {
    const codeWith = async (tokens: readonly string[]): Promise<string | undefined> => {
      const { entries } = bench.servers.observer;
      const before = entries.length;
      const socket = connect(bench.servers.grpcPort, '127.0.0.1');
      socket.write(callWith(tokens));
      await until('it is answered', () => entries.length > before);
      socket.destroy();
      return entries.at(-1)?.code;
    };
    expect(await codeWith(['ann'])).to.equal('OK');
    expect(await codeWith(['ann', 'bob'])).to.equal('UNAUTHENTICATED');
    expect(await codeWith(['ann', 'ann'])).to.equal('UNAUTHENTICATED');
  });
});
