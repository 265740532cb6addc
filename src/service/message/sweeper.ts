import type { Clock, Timer } from '../../clock/clock.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { absent, exactly, prefixed } from '../../store/store.js';
import type { Revision, Store } from '../../store/store.js';
import type { DaemonLeases } from '../daemon-leases.js';
import { put, readKey, transact } from '../transaction.js';
import { oldestKept } from './ages.js';
import type { MessageService } from './message-service.js';
import { DIGITS, type MessageUsage } from './usage.js';

export interface SweeperParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly daemonLeases: DaemonLeases;
  readonly messages: MessageService;
  readonly usage: MessageUsage;
}

/** From one step to the next; while a step has left something to do, sooner. */
const STEP_MS = 10_000;
const BUSY_STEP_MS = 200;
/** Keys that a step looks at. */
const PAGE = 128;

/** Over the messages of one digit: those created up to a revision are deleted. */
interface Pass {
  readonly digit: string;
  readonly upTo: Revision;
  /** Where its next page begins. */
  readonly from: string;
}

/**
 * Looks after the messages, in small steps, one digit of their digests after the other: that their usage is right, and that
 * those go which are older than the retention. One daemon does it for all that share the store; if it ends, another one
 * goes on. Two at the same time would do no harm.
 */
export class MessageSweeper {
  readonly #parts: SweeperParts;
  #timer: Timer | undefined;
  #stopped = false;
  #stepping: Promise<void> = Promise.resolve();
  /** Of the digit whose usage is verified next. */
  #place = 0;
  /** By digit: what was created up to this revision has been looked at. */
  readonly #swept = new Map<string, Revision>();
  #pass: Pass | undefined;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#later(STEP_MS);
  }

  /** Waits for the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#stepping;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.timer(delayMs, () => {
      this.#stepping = this.#step().then(
        (isBusy) => this.#later(isBusy ? BUSY_STEP_MS : STEP_MS),
        // The store is out of reach or full, which its health tells.
        () => this.#later(STEP_MS),
      );
    });
  }

  /** @returns whether there is more to do at once. */
  async #step(): Promise<boolean> {
    if (!(await this.#hasMessages()) || !(await this.#isMine())) return false;
    const { store, layout, limits, clock, usage } = this.#parts;
    if (this.#pass === undefined) await usage.verify(DIGITS[this.#place++ % DIGITS.length] ?? '0');
    const { messageRetentionMs } = limits;
    if (messageRetentionMs === 0) return false;
    const upTo = await oldestKept(store, layout.messageAge, messageRetentionMs, clock.wall());
    this.#pass ??= this.#nextPass(upTo);
    if (this.#pass === undefined) return false;
    await this.#deleteOld(this.#pass);
    return true;
  }

  #nextPass(upTo: Revision): Pass | undefined {
    const digit = DIGITS.find((each) => (this.#swept.get(each) ?? 0) < upTo);
    if (digit === undefined) return undefined;
    return { digit, upTo, from: this.#parts.layout.messages(digit) };
  }

  async #hasMessages(): Promise<boolean> {
    const { store, layout } = this.#parts;
    const range = prefixed(layout.messages(''));
    return (await store.read({ range, limit: 1, keysOnly: true })).entries.length > 0;
  }

  async #isMine(): Promise<boolean> {
    const { store, layout, daemonLeases } = this.#parts;
    const key = layout.messageSweeper;
    const { entries } = await store.read({ range: exactly(key) });
    const lease = await daemonLeases.queue();
    if (entries[0] !== undefined) return entries[0].lease === lease;
    const now = readKey(key);
    const done = await transact(store, {
      resource: key,
      // Also where there is no space for anything else.
      frees: true,
      compare: [absent(exactly(key))],
      then: [put(key, '', lease)],
      else: [now],
    });
    return done.succeeded || done.entry(now)?.lease === lease;
  }

  /** One page. */
  async #deleteOld({ digit, upTo, from }: Pass): Promise<void> {
    const { store, layout, messages } = this.#parts;
    const range = { ...prefixed(layout.messages(digit)), from };
    const { entries, more } = await store.read({ range, limit: PAGE, keysOnly: true });
    const prefix = layout.messages('');
    for (const { key, createRevision } of entries) {
      if (this.#stopped) return;
      if (createRevision > upTo) continue;
      await messages.deleteCreatedAt(key.slice(prefix.length), createRevision);
    }
    const last = entries.at(-1);
    if (more && last !== undefined) this.#pass = { digit, upTo, from: `${last.key}\0` };
    else {
      this.#pass = undefined;
      // What is put from now on is younger.
      this.#swept.set(digit, upTo);
    }
  }
}
