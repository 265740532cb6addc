import { encode, frame, openCall } from '../../../e2e/raw-grpc.js';
import { request } from '../../../e2e/raw-http.js';
import { pause, type Flood } from '../flood.js';

const PIPELINED = 10;

/** Large lists on both wires whose answers nobody reads. */
export const unreadLists: Flood = async (on) => {
  const list = request('GET /v1/locks?pageSize=1000');
  const some = Buffer.concat(Array<Buffer>(PIPELINED).fill(list));
  const overHttp = on.keepOpen(100, on.target.httpPort, (socket) => {
    socket.pause();
    socket.write(some);
  });
  const ask = frame(encode('ListLocksRequest', { pageSize: 1000 }));
  const overGrpc = on.repeat(4, async () => {
    const session = on.session();
    const closed = new Promise<unknown>((resolve) => session.once('close', resolve));
    for (let n = 0; n < 100; n++) {
      const stream = openCall(session, '/sharedlock.v1.LockService/ListLocks');
      stream.pause();
      stream.end(ask);
      on.count++;
    }
    await Promise.race([closed, pause(1000)]);
  });
  await Promise.all([overHttp, overGrpc]);
};
