/** One principal asks for more than it may have, and another one does not notice. With the built program. */
import { Agent } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Program } from '../support/child.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { tokenOf } from '../support/guarded-servers.js';
import { ask, type Answer, type Asking } from './quotas/ask.js';

const FLOODER = fileURLToPath(new URL('quotas/flooder.ts', import.meta.url));
const FLOOD_MS = 3000;
const TTL_MS = 3000;

const POLICY = `version: 1
principals:
  - ${tokenOf('noisy')}
  - ${tokenOf('calm')}
rules:
  - {to: [noisy, calm], allow: [acquire, read, write, delete], on: ["lock:*", "config:*"]}
quotas:
  noisy: {rate: 60/s, burst: 60, inFlight: 4, connections: 48, leases: 10, waiters: 5}
space: {"config:noisy": 32KiB}
`;

/** What such a part of the times is not above. */
function part(sorted: readonly number[], of: number): number {
  return sorted[Math.ceil(of * sorted.length) - 1] ?? NaN;
}

describe('A principal at its quotas', function () {
  this.timeout(90_000);
  let folder: string;
  let daemon: DaemonProcess;
  let flooder: Program;
  const agents: Agent[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-quotas-'));
    const path = join(folder, 'policy.yaml');
    await writeFile(path, POLICY);
    const env = { SHARED_LOCK_AUTH_MODE: 'enforce', SHARED_LOCK_AUTH_POLICY_PATH: path };
    daemon = await DaemonProcess.start({ env, quiet: true });
    const command = [process.execPath, '--import', 'tsx', FLOODER];
    flooder = new Program([...command, String(daemon.httpPort), 'noisy', String(FLOOD_MS)]);
    await flooder.until(() => flooder.lines.length > 0);
  });
  after(async () => {
    for (const agent of agents) agent.destroy();
    await flooder.kill();
    await daemon.dispose();
    await rm(folder, { recursive: true });
  });

  const by = (token: string): Asking => {
    const agent = new Agent({ keepAlive: true });
    agents.push(agent);
    return { httpPort: daemon.httpPort, token, agent };
  };

  async function held(who: Asking, name: string): Promise<string> {
    const { status, body } = await ask(who, 'POST', `/v1/locks/${name}:acquire`, { ttl: '3s' });
    expect(status, body).to.equal(200);
    return (JSON.parse(body) as { grant: { leaseId: string } }).grant.leaseId;
  }

  /** Renews a lease, has a lock and gives it back, and writes a document, until it is over. @returns how long each took, in order. */
  async function work(who: Asking, lease: string, isOver: () => boolean): Promise<number[]> {
    const took: number[] = [];
    const timed = async (asked: () => Promise<Answer>): Promise<string> => {
      const beganMs = performance.now();
      const { status, body } = await asked();
      took.push(performance.now() - beganMs);
      expect(status, body).to.equal(200);
      return body;
    };
    for (let n = 0; !isOver(); n++) {
      await timed(() => ask(who, 'POST', `/v1/leases/${lease}:keepAlive`));
      const ttl = `${TTL_MS / 1000}s`;
      const body = await timed(() => ask(who, 'POST', '/v1/locks/calm%2Fone:acquire', { ttl }));
      const { grant } = JSON.parse(body) as { grant: { leaseId: string } };
      await timed(() =>
        ask(who, 'POST', '/v1/locks/calm%2Fone:release', { leaseId: grant.leaseId }),
      );
      const document = String(n);
      await timed(() => ask(who, 'PUT', '/v1/namespaces/calm/configs/one', { document }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return took.sort((a, b) => a - b);
  }

  it('keeps what it has, and costs another one nothing', async () => {
    const [noisy, calm] = [by('noisy'), by('calm')];
    const leases = [await held(noisy, 'noisy%2Fheld'), await held(calm, 'calm%2Fheld')];
    const beganMs = performance.now();
    const before = await work(calm, leases[1] ?? '', () => performance.now() - beganMs > 1000);
    const over = new AbortController();
    const renewing = (async () => {
      while (!over.signal.aborted) {
        const { status } = await ask(noisy, 'POST', `/v1/leases/${leases[0] ?? ''}:keepAlive`);
        expect(status, 'noisy renews').to.equal(200);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    })();
    flooder.write('go\n');
    const flooded = flooder
      .until(() => flooder.lines.length > 1)
      .finally(() => {
        over.abort();
      });
    const meanwhile = await work(calm, leases[1] ?? '', () => over.signal.aborted);
    await Promise.all([flooded, renewing]);
    const counts = JSON.parse(flooder.lines[1] ?? '') as Record<string, number>;
    const [usualMs, nowMs, worstMs] = [part(before, 0.5), part(meanwhile, 0.5), part(meanwhile, 1)];
    const ms = (value: number): string => `${value.toFixed(1)} ms`;
    console.log(
      `      ${JSON.stringify(counts)}; calm: half within ${ms(usualMs)}, then ${ms(nowMs)}, all within ${ms(worstMs)}`,
    );
    expect(Object.keys(counts)).to.include.members([
      'QUOTA_RATE',
      'QUOTA_IN_FLIGHT',
      'QUOTA_CONNECTIONS',
      'QUOTA_LEASES',
      'QUOTA_WAITERS',
      'QUOTA_SPACE',
    ]);
    // The machine has others to serve, and the flood itself.
    expect(nowMs).to.be.below(10 * usualMs + 50);
    expect(worstMs).to.be.below(TTL_MS);
  });
});
