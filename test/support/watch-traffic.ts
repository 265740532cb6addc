import { acquireRequest, caller, grantOf, type TestDaemon } from './services.js';
import { isFault } from '../../src/core/errors.js';
import { put, requests } from '../unit/service/config-requests.js';
import { campaign, elected } from './election-bench.js';

/** Callers who take, wait for and free one lock, lead one election, and write one counter and three documents, until they are stopped. */
export class Traffic {
  readonly #daemon: TestDaemon;
  readonly #name: string;
  #isOver = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(daemon: TestDaemon, name: string) {
    this.#daemon = daemon;
    this.#name = name;
  }

  start(): void {
    const work = [
      ...Array.from({ length: 3 }, () => () => this.#holdExclusively()),
      () => this.#holdShared(),
      ...['one', 'two'].map((candidate) => () => this.#lead(candidate)),
      () => this.#count(),
      ...['x', 'y', 'z'].map((document) => () => this.#write(document)),
    ];
    this.#work = Promise.all(work.map((round) => this.#repeat(round)));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#work;
    await this.#daemon.stop();
  }

  async #repeat(round: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      await round().catch((error: unknown) => {
        if (!isFault(error)) throw error;
      });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #holdExclusively(): Promise<void> {
    await this.#holdAs({});
  }

  async #holdShared(): Promise<void> {
    await this.#holdAs({ mode: 'SHARED' });
  }

  async #holdAs(rest: Parameters<typeof acquireRequest>[1]): Promise<void> {
    const { locks } = this.#daemon;
    const request = acquireRequest(this.#name, { waitMs: 5000, ...rest });
    const outcome = await locks.acquire(request, caller());
    if (!outcome.acquired) return;
    const lease = grantOf(outcome).leaseId;
    await locks.release({ name: this.#name, lease, fencingToken: 0, requestId: '' });
  }

  async #lead(candidate: string): Promise<void> {
    const rest = { name: this.#name, waitMs: 5000 };
    const outcome = await campaign(this.#daemon, candidate, rest);
    if (!outcome.elected) return;
    const { leaseId: lease } = elected(outcome);
    const { elections } = this.#daemon;
    const at = { name: this.#name, lease, term: 0, requestId: '' };
    await elections.proclaim({ ...at, value: candidate });
    await elections.resign(at);
  }

  async #count(): Promise<void> {
    const request = { name: this.#name, delta: 1n, min: undefined, max: undefined };
    await this.#daemon.counters.add({ ...request, requestId: '', fence: undefined });
  }

  async #write(name: string): Promise<void> {
    const at = { namespace: this.#name, name };
    await put(this.#daemon, '1', at);
    await put(this.#daemon, '2', at);
    await this.#daemon.configs.delete(requests.delete({ ...at, force: true }), caller());
  }
}
