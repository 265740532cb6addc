import { encode, frame, openCall } from '../../../e2e/raw-grpc.js';
import { request } from '../../../e2e/raw-http.js';
import { pause, type Flood } from '../flood.js';

const NOTHING = '987654321';

/** Renewals of a lease that is not there, in all ways that there are. */
export const renewalsOfNothing: Flood = async (on) => {
  const line = `POST /v1/leases/${NOTHING}:keepAlive`;
  const some = Buffer.concat(
    Array<Buffer>(16).fill(request(line, ['content-type: application/json'], '{}')),
  );
  const overHttp = on.keepOpen(30, on.target.httpPort, (socket) => {
    socket.write(some);
    socket.on('data', (chunk: Buffer) => {
      const answers = chunk.toString('latin1').split('HTTP/1.1 ').length - 1;
      on.count += answers;
      socket.write(some.subarray(0, (answers * some.length) / 16));
    });
  });
  const one = encode('KeepAliveRequest', { leaseId: NOTHING });
  const overGrpc = on.repeat(2, async () => {
    const session = on.session();
    await on.repeat(200, () => on.call(session, 'LeaseService/KeepAlive', one));
  });
  const next = frame(encode('KeepAliveStreamRequest', { leaseId: NOTHING }));
  const messages = Buffer.concat(Array<Buffer>(50).fill(next));
  const overStreams = on.repeat(10, async () => {
    const stream = openCall(on.session(), '/sharedlock.v1.LeaseService/KeepAliveStream');
    stream.resume();
    while (!stream.closed && !on.isOver) {
      if (!stream.write(messages)) await pause(5);
      on.count += 50;
      await pause(1);
    }
  });
  await Promise.all([overHttp, overGrpc, overStreams]);
};

/** Leases for as long as there are any to have. */
export const manyLeases: Flood = async (on) => {
  const lease = encode('CreateLeaseRequest', { ttl: { seconds: 3, nanos: 0 } });
  await on.repeat(2, async () => {
    const session = on.session();
    await on.repeat(100, () => on.call(session, 'LeaseService/CreateLease', lease));
  });
};
