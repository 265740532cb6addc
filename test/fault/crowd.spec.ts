/**
 * Crowds of callers that come to a daemon at once. CROWD is how many: `CROWD=10000 npx mocha test/fault/crowd.spec.ts` is the long
 * form, which also says what a quiet machine of two cores reaches. Needs the built program.
 */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { CallStreamClient } from '../support/call-stream-client.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { startEtcd, type Etcd } from '../support/etcd.js';
import { until } from '../support/until.js';

const CROWD = Number(process.env.CROWD ?? 1000);
const IS_LONG = process.env.CROWD !== undefined;
const CALLS_A_STREAM = 500;
const WAIT = { seconds: 120 };

const MOST_MEMORY_MB = 200;
const FEWEST_HANDOFFS_A_SECOND = 300;

describe(`A crowd of ${CROWD} callers`, function () {
  this.timeout(300_000);
  let etcd: Etcd;
  let daemon: DaemonProcess;
  let streams: Calls[];
  let tooLittle: string[];

  before(async () => {
    etcd = await startEtcd({ onDisk: true });
  });
  after(() => etcd.dispose());

  beforeEach(async () => {
    tooLittle = [];
    daemon = await DaemonProcess.start({
      endpoints: etcd.endpoints,
      quiet: true,
      env: {
        SHARED_LOCK_LIMIT_WAITERS_PER_LOCK: String(CROWD),
        SHARED_LOCK_LIMIT_WAITERS_PER_DAEMON: String(CROWD),
        SHARED_LOCK_LIMIT_OPEN_CALLS: String(2 * CROWD),
      },
    });
    streams = await Promise.all(
      Array.from({ length: CROWD / CALLS_A_STREAM }, () => Calls.open(daemon.grpcAddress)),
    );
  });
  afterEach(async () => {
    for (const stream of streams) stream.close();
    await daemon.dispose();
  });

  const streamOf = (n: number): Calls => {
    const stream = streams[n % streams.length];
    if (stream === undefined) throw new Error('no stream');
    return stream;
  };

  async function acquire(n: number, name: string): Promise<() => Promise<Message>> {
    const locks = streamOf(n);
    const { acquired, grant } = await locks.call('Acquire', { name, wait: WAIT, ttl: WAIT });
    if (acquired !== true) throw new Error('the wait was over');
    const { leaseId, fencingToken } = grant as Message;
    return () => locks.call('Release', { name, leaseId, fencingToken });
  }

  /** Whether the work was done as fast, and with as little, as a machine that has nothing else to do does it. */
  function report(what: string, reached: number, isEnough: boolean): void {
    console.log(`      ${what}: ${Math.round(reached)}`);
    if (!isEnough) tooLittle.push(what);
  }

  /** With what V8 lets grow until it collects it, which may be as much again as is in use. */
  async function tellPeak(idle: number): Promise<void> {
    const more = (await peakMemoryMb(daemon)) - idle;
    console.log(`      MB of memory more than idle, at the peak: ${Math.round(more)}`);
  }

  it('is queued at one lock, and has it one after the other', async () => {
    const idle = await memoryMb(daemon);
    const release = await acquire(0, 'one');
    const granted: number[] = [];
    const startedMs = performance.now();
    const crowd = Array.from({ length: CROWD }, async (_, n) => {
      const releaseIt = await acquire(n, 'one');
      granted.push(n);
      await releaseIt();
    });
    const failed = Promise.all(crowd).then(
      () => undefined,
      (error: unknown) => error,
    );
    const allWait = async (): Promise<boolean> => {
      // To look is work for the daemon too.
      await new Promise((resolve) => setTimeout(resolve, 200));
      return (await waiting(streamOf(0), 'one')) === CROWD;
    };
    await until('all wait', allWait, 60_000);
    console.log(`      queued within ms: ${Math.round(performance.now() - startedMs)}`);
    const more = (await memoryMb(daemon)) - idle;
    report('MB of memory more than idle, while all wait', more, more <= MOST_MEMORY_MB);
    const releasedMs = performance.now();
    await release();
    expect(await failed).to.equal(undefined);
    expect(granted).to.have.length(CROWD);
    const handoffs = (1000 * CROWD) / (performance.now() - releasedMs);
    report('handoffs a second', handoffs, handoffs >= FEWEST_HANDOFFS_A_SECOND);
    await tellPeak(idle);
    if (IS_LONG) expect(tooLittle).to.deep.equal([]);
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
    await tellPeak(idle);
  });
});

type Message = Record<string, unknown>;

/** Calls of the lock service over a stream, as the client library makes them. */
class Calls {
  readonly #stream: CallStreamClient;
  readonly #waiting = new Map<number, () => void>();
  #ids = 0;

  private constructor(stream: CallStreamClient) {
    this.#stream = stream;
    stream.wire.on('data', () => {
      for (const id of stream.order.splice(0)) this.#waiting.get(id)?.();
    });
  }

  static async open(address: string): Promise<Calls> {
    return new Calls(await CallStreamClient.open(address));
  }

  async call(method: string, request: object): Promise<Message> {
    const id = ++this.#ids;
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    this.#stream.send([{ id, method: `LockService/${method}`, request }]);
    await answered;
    this.#waiting.delete(id);
    const response = await this.#stream.response(id);
    this.#stream.answers.delete(id);
    return response;
  }

  close(): void {
    this.#stream.close();
  }
}

async function waiting(locks: Calls, name: string): Promise<number> {
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
