import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Program } from '../../support/child.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';

const CALLERS = 1000;
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
});
