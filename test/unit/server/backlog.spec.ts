import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Program } from '../../support/child.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';

const CALLERS = 1000;
const LEAVERS = 200;
const BLOCK_MS = 3000;

/** Prints how many of its connections were there within two seconds. */
const CONNECT = `
  const { connect } = require('node:net');
  let count = 0;
  for (let n = 0; n < ${CALLERS}; n++) {
    connect(Number(process.argv[1]), '127.0.0.1').on('connect', () => count++).on('error', () => {});
  }
  setTimeout(() => { console.log(count); process.exit(); }, 2000);
`;

/** Asks over connections that it resets, and prints when it has. */
const LEAVE = `
  const { connect } = require('node:net');
  let left = 0;
  for (let n = 0; n < ${LEAVERS}; n++) {
    const socket = connect(Number(process.argv[1]), '127.0.0.1', () => {
      socket.write('GET /livez HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n', () => socket.resetAndDestroy());
    });
    socket.on('close', () => { if (++left === ${LEAVERS}) { console.log('left'); process.exit(); } });
  }
`;

describe('connections that come while the loop is busy', function () {
  this.timeout(20_000);
  let servers: TestServers;
  before(async () => {
    servers = await startServers();
  });
  after(() => servers.stop());

  for (const wire of ['http', 'grpc'] as const) {
    it(`wait for it, as many as the system keeps (${wire})`, async () => {
      const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
      const callers = new Program([
        process.execPath,
        '-e',
        CONNECT,
        String(servers[`${wire}Port`]),
      ]);
      // Nothing is taken, nor is anything else done here.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
      await callers.ended();
      expect(Number(callers.lines[0])).to.be.at.least(Math.min(CALLERS, most));
    });
  }

  it('are not served if their callers have left by the time they are taken', async () => {
    const callers = new Program([process.execPath, '-e', LEAVE, String(servers.httpPort)]);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
    await callers.ended();
    expect(callers.lines).to.deep.equal(['left']);
    const answer = await fetch(`http://127.0.0.1:${servers.httpPort}/livez`);
    expect(answer.status).to.equal(200);
    // All were taken before it, since connections are taken in order.
    expect(servers.observer.entries.map(({ code }) => code)).to.deep.equal(['OK']);
  });
});
