/**
 * Crowds of callers that come to a daemon at once. CROWD is how many: `CROWD=10000 npx mocha test/fault/crowd.spec.ts` is the long
 * form, which also says what a quiet machine of two cores reaches. Needs the built program.
 */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { ourStub, type Message, type Stub } from '../bench/stubs.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { until } from '../support/until.js';

const CROWD = Number(process.env.CROWD ?? 1000);
const IS_LONG = process.env.CROWD !== undefined;
const CALLS_A_CONNECTION = 100;
const WAIT = { seconds: 120 };

const MOST_MEMORY_MB = 200;
const FEWEST_HANDOFFS_A_SECOND = 300;

describe(`A crowd of ${CROWD} callers`, function () {
  this.timeout(300_000);
  let etcd: Etcd;
  let daemon: DaemonProcess;
  let stubs: Stub[];

  before(async () => {
    etcd = await startEtcd({ onDisk: true });
  });
  after(() => etcd.dispose());

  beforeEach(async () => {
    daemon = await DaemonProcess.start({
      endpoints: etcd.endpoints,
      quiet: true,
      env: {
        SHARED_LOCK_LIMIT_WAITERS_PER_LOCK: String(CROWD),
        SHARED_LOCK_LIMIT_WAITERS_PER_DAEMON: String(CROWD),
        SHARED_LOCK_LIMIT_OPEN_CALLS: String(2 * CROWD),
      },
    });
    stubs = Array.from({ length: CROWD / CALLS_A_CONNECTION }, () =>
      ourStub(daemon.grpcAddress, 'LockService'),
    );
    // So that all are connected.
    await Promise.all(stubs.map((stub) => stub.call('GetLock', { name: 'none' })));
  });
  afterEach(async () => {
    for (const stub of stubs) stub.close();
    await daemon.dispose();
  });

  const stubOf = (n: number): Stub => {
    const stub = stubs[n % stubs.length];
    if (stub === undefined) throw new Error('no connection');
    return stub;
  };

  async function acquire(n: number, name: string): Promise<() => Promise<Message>> {
    const locks = stubOf(n);
    const { acquired, grant } = await locks.call('Acquire', { name, wait: WAIT, ttl: WAIT });
    if (acquired !== true) throw new Error('the wait was over');
    const { leaseId, fencingToken } = grant as Message;
    return () => locks.call('Release', { name, leaseId, fencingToken });
  }

  /** Whether the work was done as fast, and with as little, as a machine that has nothing else to do does it. */
  function report(what: string, reached: number, isEnough: boolean): void {
    console.log(`      ${what}: ${Math.round(reached)}`);
    if (IS_LONG) expect(isEnough, what).to.equal(true);
  }

  it('is queued at one lock, and has it one after the other', async () => {
    const idle = await memoryMb(daemon);
    const release = await acquire(0, 'one');
    const tokens: number[] = [];
    const startedMs = performance.now();
    const crowd = Array.from({ length: CROWD }, async (_, n) => {
      const releaseIt = await acquire(n, 'one');
      tokens.push(n);
      await releaseIt();
    });
    const failed = Promise.all(crowd).then(
      () => undefined,
      (error: unknown) => error,
    );
    await until('all wait', async () => (await waiting(stubOf(0), 'one')) === CROWD, 60_000);
    console.log(`      queued within ms: ${Math.round(performance.now() - startedMs)}`);
    const releasedMs = performance.now();
    await release();
    expect(await failed).to.equal(undefined);
    expect(tokens).to.have.length(CROWD);
    const handoffs = (1000 * CROWD) / (performance.now() - releasedMs);
    report('handoffs a second', handoffs, handoffs >= FEWEST_HANDOFFS_A_SECOND);
    const more = (await peakMemoryMb(daemon)) - idle;
    report('MB of memory more than idle', more, more <= MOST_MEMORY_MB);
  });

  it('is granted as many locks', async () => {
    const idle = await memoryMb(daemon);
    const startedMs = performance.now();
    const crowd = Array.from({ length: CROWD }, async (_, n) => {
      const release = await acquire(n, `many${n}`);
      await release();
    });
    await Promise.all(crowd);
    console.log(`      granted within ms: ${Math.round(performance.now() - startedMs)}`);
    const more = (await peakMemoryMb(daemon)) - idle;
    report('MB of memory more than idle', more, more <= MOST_MEMORY_MB);
  });
});

async function waiting(locks: Stub, name: string): Promise<number> {
  const { waiterCount } = await locks.call('GetLock', { name });
  return Number(waiterCount);
}

function memoryMb(daemon: DaemonProcess): Promise<number> {
  return statusMb(daemon, 'VmRSS');
}

function peakMemoryMb(daemon: DaemonProcess): Promise<number> {
  return statusMb(daemon, 'VmHWM');
}

async function statusMb({ pid }: DaemonProcess, line: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}
