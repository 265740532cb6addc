import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';

const MEBIBYTE = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describe('a daemon with a small heap', function () {
  this.timeout(120_000);
  let daemon: DaemonProcess;
  afterEach(() => daemon.dispose());

  const start = async (heapMebibytes: number): Promise<void> => {
    const env = { NODE_OPTIONS: `--max-old-space-size=${heapMebibytes}` };
    daemon = await DaemonProcess.start({ env, quiet: true });
  };

  async function call(method: string, path: string, body?: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(daemon.url + path, {
      method,
      ...(body === undefined ? {} : { body, headers }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** Posts messages of almost 1 MiB until one is refused. @returns the refusal. */
  async function fill(most: number): Promise<Answer> {
    for (let count = 0; count < most; count++) {
      const message = randomUUID().padEnd(MEBIBYTE - 100, 'x');
      const answer = await call('POST', '/v1/messages', JSON.stringify({ message }));
      if (answer.status !== 200) return answer;
    }
    throw new Error(`${most} messages were taken`);
  }

  it('refuses messages before its memory is full, and what frees goes on', async () => {
    await start(256);
    const held = await call('POST', '/v1/locks/report:acquire', '{"ttl":"60s"}');
    const grant = held.body.grant as { leaseId: string; fencingToken: string };
    const session = await call('POST', '/v1/leases', '{"ttl":"60s"}');
    const lease = (session.body.grant ?? session.body) as { leaseId: string };

    const refusal = await fill(244);
    expect(refusal.status).to.equal(429);
    expect(JSON.stringify(refusal.body)).to.include('SHARED_LOCK_LIMIT_DATA_BYTES');

    const renewed = await call('POST', `/v1/leases/${grant.leaseId}:keepAlive`, '{}');
    expect(renewed.status, 'renew').to.equal(200);
    const released = await call(
      'POST',
      '/v1/locks/report:release',
      JSON.stringify({ leaseId: grant.leaseId, requestId: 'r1' }),
    );
    expect(released, 'release').to.deep.include({ status: 200 });
    const revoked = await call('DELETE', `/v1/leases/${lease.leaseId}`);
    expect(revoked.status, 'revoke').to.equal(200);

    await daemon.stop();
    await daemon.startAgain();
    expect((await fill(10)).status, 'after a restart').to.equal(429);
  });

  it('keeps of a request only what it stores', async () => {
    await start(128);
    const blanks = ' '.repeat(MEBIBYTE - 100);
    for (let count = 0; count < 250; count++) {
      const body = `{"message":"message number ${count}"}${blanks}`;
      expect((await call('POST', '/v1/messages', body)).status).to.equal(200);
    }
  });
});
