import { request } from '../../../e2e/raw-http.js';
import { pause, type Flood } from '../flood.js';

const PADDING = [`x: ${'y'.repeat(300)}`];

/** Many requests behind each other on a connection, all in one piece, the answers read or not. */
export const pipelinedLists: Flood = async (on) => {
  const flood = Buffer.concat(Array(2000).fill(request('GET /v1/locks', PADDING)));
  await on.keepOpen(10, on.target.httpPort, (socket) => {
    socket.resume();
    socket.write(flood);
  });
};

export const contestedLists: Flood = async (on) => {
  await on.repeat(20, async (index) => {
    const filter = ['contested=true', 'labels=a%3Db', ''][index % 3] ?? '';
    await on.ask('GET', `/v1/locks?pageSize=1000&${filter}`);
  });
};

/** Heads and bodies of which another byte comes now and then. */
export const trickle: Flood = async (on) => {
  const head = request('POST /v1/locks/a:acquire', ['x: y'], 'x'.repeat(100_000)).subarray(0, 60);
  const body = request('POST /v1/locks/a:acquire', [], 'x'.repeat(100_000)).subarray(0, 50_000);
  let isHead = false;
  await on.keepOpen(400, on.target.httpPort, (socket) => {
    isHead = !isHead;
    socket.write(isHead ? head : body);
    const drip = setInterval(() => socket.write('x'), 100);
    socket.resume().once('close', () => clearInterval(drip));
  });
};

/** Connections that are left as soon as they are open, or in the middle of a request. */
export const churn: Flood = async (on) => {
  const list = request('GET /v1/locks');
  const part = list.subarray(0, 10);
  await on.repeat(60, async (index) => {
    const socket = on.socket(index % 2 === 0 ? on.target.httpPort : on.target.grpcPort);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('connect', () => {
      on.count++;
      const bytes = [list, part][on.count % 3];
      if (bytes === undefined) socket.resetAndDestroy();
      else socket.write(bytes, () => socket.resetAndDestroy());
    });
    await closed;
  });
};

/** Connections that say nothing, to both ports. */
export const silence: Flood = async (on) => {
  const { httpPort, grpcPort } = on.target;
  const open = (port: number): Promise<void> =>
    on.keepOpen(1500, port, (socket) => {
      socket.resume();
    });
  await Promise.all([open(httpPort), open(grpcPort)]);
};

/** Watchers that do not read, and long documents for them. */
export const deafWatchers: Flood = async (on) => {
  const watch = request('GET /v1/namespaces/loud/configs:watch');
  const deaf = on.keepOpen(150, on.target.httpPort, (socket) => {
    socket.pause();
    socket.write(watch);
  });
  const write = on.repeat(2, async (index) => {
    const document = JSON.stringify('x'.repeat(950_000) + String(on.count));
    const body = JSON.stringify({ document });
    await on.ask('PUT', `/v1/namespaces/loud/configs/d${index}`, body);
    await pause(100);
  });
  await Promise.all([deaf, write]);
};
