import type { Timer } from '../../clock/clock.js';
import { Fault, isFault, unavailable } from '../../core/errors.js';
import type { Outcome, Transaction } from '../store.js';
import { closedFault } from './endpoints.js';
import { footprintOf, Ground, type Footprint } from './footprint.js';
import { type InLine, Line } from './line.js';
import { LanePool } from './lane-pool.js';
import { SEND_TIMEOUTS, type LaneSettings } from './lane.js';

/** Transactions of one request. etcd counts at most 128 operations along each branch of the nesting. */
const MAX_BATCH = 64;
/** Characters of one request, at most three bytes each: etcd takes 1.5 MiB. */
const MAX_BATCH_CHARACTERS = 256 * 1024;
/** So many that can't go with the others are passed over for one request. */
const MAX_PASSED_OVER = 512;
const MAX_WAITING = 10_000;
/** Who waits is told after so many call timeouts: those before may have to be sent again, if the first did not arrive. */
const WAIT_TIMEOUTS = SEND_TIMEOUTS;
/** Who has waited too long is told so at most so much later, in milliseconds. */
const EXPIRY_STEP_MS = 20;

interface Waiting extends InLine {
  readonly transaction: Transaction;
  /** It shares a request with fewer than this: less after each time that its request was refused. */
  maxBatch: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Sends transactions to etcd, several in one request: what comes while others are under way is collected, and
 * goes together. Nothing waits while fewer than two are. First come, first sent, resource by resource (`Line`), but for
 * those of one request being apart from each other (`Footprint`): who is not goes with the next.
 */
export class GroupCommit {
  readonly #settings: Omit<LaneSettings, 'newKey'>;
  readonly #lanes: LanePool;
  readonly #line = new Line<Waiting>();
  #expiry: Timer | undefined;
  #closed = false;

  constructor(settings: Omit<LaneSettings, 'newKey'>, daemonRoot: string) {
    this.#settings = settings;
    this.#lanes = new LanePool(settings, daemonRoot, () => this.#sendAll());
  }

  /**
   * Applies a transaction at most once.
   * @throws Fault as `Store.transact`; RESOURCE_EXHAUSTED if too many wait.
   */
  run(transaction: Transaction): Promise<Outcome> {
    if (this.#closed) return Promise.reject(closedFault());
    if (this.#line.length >= MAX_WAITING) {
      return Promise.reject(
        new Fault('RESOURCE_EXHAUSTED', `${MAX_WAITING} writes wait for etcd already`, {
          reason: 'STORE_BUSY',
          retryAfterMs: 1000,
        }),
      );
    }
    const { clock, caller } = this.#settings;
    return new Promise((resolve, reject) => {
      const dueMs = clock.now() + WAIT_TIMEOUTS * caller.callTimeoutMs;
      const { resource } = transaction;
      this.#line.join({ transaction, resource, dueMs, maxBatch: MAX_BATCH, resolve, reject });
      this.#sendAll();
      this.#expireLater();
    });
  }

  close(): void {
    this.#closed = true;
    this.#expiry?.cancel();
    for (const waiting of this.#line.takeAll()) waiting.reject(closedFault());
  }

  #sendAll(): void {
    while (this.#line.length > 0 && this.#lanes.hasFree) void this.#send(this.#gather());
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#lanes.run(batch.map(({ transaction }) => transaction));
      batch.forEach((waiting, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new TypeError('a batch has an outcome for each member');
        waiting.resolve(outcome);
      });
    } catch (error) {
      // One member can be the reason that all were refused, e.g. by a lease that has ended: ask in smaller groups.
      if (batch.length > 1 && isRefusal(error) && !this.#closed) this.#divide(batch);
      else for (const waiting of batch) waiting.reject(error);
    }
  }

  #divide(batch: readonly Waiting[]): void {
    for (const waiting of batch) waiting.maxBatch = Math.floor(batch.length / 2);
    this.#line.rejoin(batch);
    this.#sendAll();
    this.#expireLater();
  }

  /** Takes the first that waits, and what can go with it. */
  #gather(): readonly Waiting[] {
    const batch = new Batch();
    let passedOver = 0;
    for (const waiting of this.#line.inTurn()) {
      if (!batch.add(waiting)) passedOver += 1;
      if (batch.isFull || passedOver >= MAX_PASSED_OVER) break;
    }
    for (const waiting of batch.members) this.#line.take(waiting);
    return batch.members;
  }

  #expireLater(): void {
    if (this.#expiry !== undefined) return;
    const dueMs = this.#line.nextDueMs();
    if (dueMs === undefined) return;
    const { clock } = this.#settings;
    const delayMs = Math.max(EXPIRY_STEP_MS, dueMs - clock.now());
    this.#expiry = clock.timer(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.#expiry = undefined;
    for (const waiting of this.#line.takeDue(this.#settings.clock.now())) {
      waiting.reject(
        unavailable('etcd does not keep up; nothing was applied', undefined, 'STORE_BUSY'),
      );
    }
    this.#expireLater();
  }
}

/** One request in the making. */
class Batch {
  readonly members: Waiting[] = [];
  readonly #ground = new Ground();
  #maxMembers = MAX_BATCH;
  #characters = 0;

  get isFull(): boolean {
    return this.members.length >= this.#maxMembers;
  }

  /** Takes it in if it fits. The first one always does. */
  add(waiting: Waiting): boolean {
    const { transaction } = waiting;
    if (this.members.length >= Math.min(this.#maxMembers, waiting.maxBatch)) return false;
    const characters = charactersOf(transaction);
    const footprint = footprintOf(transaction);
    if (this.members.length > 0) {
      if (this.#characters + characters > MAX_BATCH_CHARACTERS) return false;
      if (footprint === undefined || !this.#ground.claim(footprint)) return false;
    } else this.#claimAsFirst(footprint);
    this.#maxMembers = Math.min(this.#maxMembers, waiting.maxBatch);
    this.#characters += characters;
    this.members.push(waiting);
    return true;
  }

  #claimAsFirst(footprint: Footprint | undefined): void {
    if (footprint === undefined) this.#maxMembers = 1;
    else this.#ground.claim(footprint);
  }
}

/** etcd looked at the request and will never apply it, perhaps for the sake of one member: see `judge`. */
function isRefusal(error: unknown): boolean {
  if (!isFault(error)) return false;
  const { code, details } = error;
  return code === 'NOT_FOUND' || code === 'INTERNAL' || details.reason === 'REQUEST_TOO_LARGE';
}

function charactersOf({ compare, then, else: otherwise }: Transaction): number {
  let characters = 0;
  for (const { range, target, operand } of compare) {
    characters += range.from.length + (target === 'value' ? operand.length : 0);
  }
  for (const operation of [...then, ...otherwise]) {
    if (operation.kind === 'put') characters += operation.key.length + operation.value.length;
    else characters += operation.range.from.length;
  }
  return characters;
}
