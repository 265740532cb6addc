import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * A client as people write it: nothing but HTTP. It prints the time for the lock and for each renewal, on
 * the clock that all processes of the machine share.
 */
const SCRIPT = `
  const [url, name, ttl] = process.argv.slice(1);
  const post = async (path, body) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.json();
  };
  const { grant } = await post('/v1/locks/' + encodeURIComponent(name) + ':acquire', { ttl: ttl + 's' });
  const tell = () => console.log(String(process.hrtime.bigint() / 1000000n));
  tell();
  setInterval(async () => {
    // Printed before it is sent: the lease counts from later than this.
    tell();
    await post('/v1/leases/' + grant.leaseId + ':keepAlive', {});
  }, ttl * 250);
`;

/** A client process that holds a lock by renewing its lease. */
export class HolderProcess {
  readonly #child: ChildProcess;
  #lastRenewalMs = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves once it has the lock. */
  static async start(url: string, name: string, ttlSeconds: number): Promise<HolderProcess> {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', SCRIPT, '--', url, name, String(ttlSeconds)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const holder = new HolderProcess(child);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      holder.#lastRenewalMs = Number(line);
    });
    await once(lines, 'line');
    return holder;
  }

  /** Milliseconds since just before it sent the last renewal that was heard of. */
  get msSinceRenewal(): number {
    return Number(process.hrtime.bigint() / 1_000_000n) - this.#lastRenewalMs;
  }

  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
