import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePorts } from '../../support/free-ports.js';
import { ServeProcess, temporaryFolder } from './serve-process.js';

const MORE_THAN_A_PIPE_HOLDS = 2 ** 21;

describe('shared-lock serve, when nobody reads its output', function () {
  this.timeout(40_000);

  it('serves, and ends well on SIGTERM', async () => {
    const folder = temporaryFolder();
    const path = join(folder.path, 'pipe');
    execFileSync('mkfifo', [path]);
    const output = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(output, Buffer.alloc(MORE_THAN_A_PIPE_HOLDS));
    const [httpPort = 0] = await freePorts(1);
    const args = ['--storage', 'memory', '--port', String(httpPort), '--grpc-port', '0'];
    const daemon = new ServeProcess(args, {}, undefined, output);
    try {
      await answers(`http://127.0.0.1:${httpPort}/readyz`);
      daemon.signal('SIGTERM');
      expect(await daemon.ended).to.include({ code: 0, stderr: '' });
    } finally {
      await daemon.kill();
      closeSync(output);
      folder.remove();
    }
  });
});

/** Until the test's time is over. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const isOk = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isOk) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
