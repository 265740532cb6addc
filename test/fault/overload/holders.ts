import { Agent } from 'node:http';
import { credentials, status as grpcStatus } from '@grpc/grpc-js';
import { connect } from '../../../src/index.js';
import type { DaemonProcess } from '../../support/daemon-process.js';
import { clientsOf } from '../../support/grpc-clients.js';
import { acquire, askOnce } from './ask-once.js';
import { pause } from './flood.js';

const RENEW_EVERY_MS = 1000;

/** Somebody who holds a lock and renews its lease in time, come what may. */
export interface Holder {
  /** What it was told of its loss; undefined: it holds the lock. */
  readonly loss: string | undefined;
  /** The longest that a renewal took since `forget`, in ms; 0 if it does not see its renewals. */
  readonly worstMs: number;
  forget(): void;
  stop(): Promise<void>;
}

type Renewal = 'renewed' | { readonly isGone: boolean; readonly text: string };

/** Renews every second, whether the renewals before were answered or not. */
class RenewingHolder implements Holder {
  loss: string | undefined;
  readonly #name: string;
  readonly #ttlMs: number;
  readonly #renew: () => Promise<Renewal>;
  readonly #timer: NodeJS.Timeout;
  readonly #close: () => void;
  readonly #underWay = new Set<number>();
  #provenMs = performance.now();
  #worstMs = 0;
  #trouble = 'no answer';

  /** @param renew once, within a TTL at the latest. */
  constructor(name: string, ttlMs: number, renew: () => Promise<Renewal>, close: () => void) {
    this.#name = name;
    this.#ttlMs = ttlMs;
    this.#renew = renew;
    this.#close = close;
    this.#timer = setInterval(() => void this.#once(), RENEW_EVERY_MS);
  }

  get worstMs(): number {
    const nowMs = performance.now();
    return Math.max(this.#worstMs, ...[...this.#underWay].map((beganMs) => nowMs - beganMs));
  }

  forget(): void {
    this.#worstMs = 0;
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#close();
    return Promise.resolve();
  }

  async #once(): Promise<void> {
    const beganMs = performance.now();
    this.#underWay.add(beganMs);
    const renewal = await this.#renew();
    this.#underWay.delete(beganMs);
    const nowMs = performance.now();
    this.#worstMs = Math.max(this.#worstMs, nowMs - beganMs);
    if (renewal !== 'renewed') {
      this.#trouble = renewal.text;
      if (renewal.isGone) this.#lose(renewal.text);
    }
    // A holder can be sure of its lease until a TTL after it sent what was acknowledged.
    if (nowMs - this.#provenMs > this.#ttlMs) this.#lose(`not renewed in time: ${this.#trouble}`);
    if (renewal === 'renewed') this.#provenMs = Math.max(this.#provenMs, beganMs);
  }

  #lose(why: string): void {
    this.loss ??= `${this.#name}: ${why}`;
  }
}

let held = 0;

/** One that nobody has held before. */
const nextName = (wire: string): string => `held/${wire}/${++held}`;

const inSeconds = (ttlMs: number): string => `${ttlMs / 1000}s`;

/** Over the connection of an agent, or one of its own each time, as commands do. */
async function httpHolder(
  daemon: DaemonProcess,
  ttlMs: number,
  agent: Agent | false,
): Promise<Holder> {
  const { leaseId } = await acquire(daemon, nextName('http'), inSeconds(ttlMs));
  const renew = async (): Promise<Renewal> => {
    try {
      const path = `/v1/leases/${leaseId}:keepAlive`;
      const { status, body } = await askOnce(daemon, 'POST', path, '{}', ttlMs, agent);
      return status === 200 ? 'renewed' : { isGone: status === 404, text: `${status} ${body}` };
    } catch (error) {
      return { isGone: false, text: String(error) };
    }
  };
  const name = agent === false ? 'HTTP, connecting each time' : 'HTTP';
  return new RenewingHolder(name, ttlMs, renew, () => {
    if (agent !== false) agent.destroy();
  });
}

async function grpcHolder(daemon: DaemonProcess, ttlMs: number): Promise<Holder> {
  const { leaseId } = await acquire(daemon, nextName('grpc'), inSeconds(ttlMs));
  const clients = clientsOf(daemon.grpcAddress, credentials.createInsecure());
  const renew = (): Promise<Renewal> =>
    new Promise((resolve) => {
      clients.leases.keepAlive({ leaseId }, { deadline: Date.now() + ttlMs }, (error) => {
        const isGone = error?.code === grpcStatus.NOT_FOUND;
        resolve(error === null ? 'renewed' : { isGone, text: error.message });
      });
    });
  return new RenewingHolder('gRPC', ttlMs, renew, () => clients.close());
}

async function clientHolder({ grpcAddress }: DaemonProcess, ttlMs: number): Promise<Holder> {
  const client = connect({ address: grpcAddress });
  const { signal } = await client.acquire(nextName('client'), { ttlMs });
  return {
    get loss() {
      return signal.aborted ? `the client library: ${String(signal.reason)}` : undefined;
    },
    worstMs: 0,
    forget: () => undefined,
    stop: () => client.close(),
  };
}

/** One by HTTP, one by gRPC, one by the client library. All will have to connect to renew. */
export function startHolders(daemon: DaemonProcess, ttlMs: number): Promise<Holder[]> {
  return Promise.all([
    httpHolder(daemon, ttlMs, false),
    grpcHolder(daemon, ttlMs),
    clientHolder(daemon, ttlMs),
  ]);
}

/** The same, when they have renewed twice, over connections that they go on with. */
export async function settledHolders(daemon: DaemonProcess, ttlMs: number): Promise<Holder[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const holders = await Promise.all([
    httpHolder(daemon, ttlMs, agent),
    grpcHolder(daemon, ttlMs),
    clientHolder(daemon, ttlMs),
  ]);
  await pause((2 * ttlMs) / 3);
  return holders;
}
