import type { Clock } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { absent, exactly, prefixed } from '../../store/store.js';
import type { Compare, Entry, Put, Revision, Store } from '../../store/store.js';
import { lastPutAt, put, transact } from '../transaction.js';
import { countTexts, type Usage } from '../count-texts.js';
import { JsonRecord } from '../json-record.js';
import { Serial } from '../serial.js';
import { addUsage, isWithin } from './usage-sum.js';

export interface UsageParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly limits: Limits;
}

/** What a stripe's record says. Without usage there is none. */
interface Known {
  readonly usage: Usage | undefined;
  readonly modRevision: Revision;
}

/** What other daemons have written is looked for so often, and above this part of a limit before each message. */
const REFRESH_MS = 1000;
const NEAR = 0.9;

/**
 * What messages take of the store, in 16 records by the first digit of their digests: each is compared and updated in the
 * transaction that puts or deletes a message of it, so that a crash leaves no difference. A daemon writes to one stripe one
 * after the other, to different ones at once; so daemons seldom meet, and the limits can be overshot only by what
 * is under way at the same time.
 *
 * A daemon of an earlier version, and etcd without space for the record, leave a difference; `verify` finds it.
 */
export class MessageUsage {
  readonly #parts: UsageParts;
  readonly #turns = new Serial();
  /** By stripe. What a comparison relies on, so that it may be old. */
  readonly #known = new Map<string, Known>();
  #freshUntilMs = -Infinity;

  constructor(parts: UsageParts) {
    this.#parts = parts;
  }

  /** Runs what writes a message of the digest, when it is the turn of its stripe. */
  async inTurn<T>(digest: string, write: (stripe: Stripe) => Promise<T>): Promise<T> {
    const stripe = stripeOf(digest);
    const end = await this.#turns.enter(stripe);
    try {
      return await write(new Stripe(this.#parts.layout.messageUsage(stripe), stripe, this.#known));
    } finally {
      end();
    }
  }

  /**
   * To be asked in the turn of the stripe, before a text of so many bytes is put.
   * @throws Fault RESOURCE_EXHAUSTED if it would be too much.
   */
  async admit(stripe: Stripe, bytes: number): Promise<void> {
    const { limits, clock } = this.#parts;
    if (clock.now() >= this.#freshUntilMs) await this.#refresh(stripe);
    if (stripe.usage === undefined) await this.#count(stripe);
    const more = { count: 1, bytes };
    if (isWithin(addUsage(this.#total(), more), limits, NEAR)) return;
    await this.#refresh(stripe);
    const total = this.#total();
    if (!isWithin(addUsage(total, more), limits)) throw full(total, limits);
  }

  /** Compares a stripe's record with the number of its messages, and counts them anew if it is wrong. */
  async verify(digit: string): Promise<void> {
    const { store, layout } = this.#parts;
    await this.inTurn(digit, async (stripe) => {
      const messages = prefixed(layout.messages(digit));
      const { count } = await store.read({ range: messages, countOnly: true });
      await this.#refresh(stripe);
      if (count !== (stripe.usage?.count ?? 0)) await this.#count(stripe);
    });
  }

  #total(): Usage {
    return Array.from(this.#known.values(), ({ usage }) => usage ?? { count: 0, bytes: 0 }).reduce(
      addUsage,
      { count: 0, bytes: 0 },
    );
  }

  /** Reads all records, in the turn of one stripe. Of others this daemon may know something newer. */
  async #refresh({ digit: own }: Stripe): Promise<void> {
    const { store, layout, clock } = this.#parts;
    const { entries } = await store.read({ range: prefixed(layout.messageUsageRoot) });
    this.#freshUntilMs = clock.now() + REFRESH_MS;
    const byKey = new Map(entries.map((entry) => [entry.key, entry]));
    for (const digit of DIGITS) {
      const found = knownFrom(byKey.get(layout.messageUsage(digit)));
      const { modRevision } = this.#known.get(digit) ?? { modRevision: 0 };
      if (digit === own || found.modRevision >= modRevision) this.#known.set(digit, found);
    }
  }

  /** Counts the messages of a stripe; if others write there meanwhile, it is left for the next time. */
  async #count(stripe: Stripe): Promise<void> {
    const { store, layout } = this.#parts;
    const usage = await countTexts(store, prefixed(layout.messages(stripe.digit)));
    const done = await transact(store, {
      resource: stripe.key,
      frees: true,
      compare: [stripe.unchanged],
      then: [stripe.put(usage)],
    });
    if (done.succeeded) stripe.is(usage, done.revision);
  }
}

/** One stripe, for the one whose turn it is. */
export class Stripe {
  readonly key: string;
  readonly digit: string;
  readonly #known: Map<string, Known>;

  constructor(key: string, digit: string, known: Map<string, Known>) {
    this.key = key;
    this.digit = digit;
    this.#known = known;
  }

  get usage(): Usage | undefined {
    return this.#known.get(this.digit)?.usage;
  }

  /** True while the record is as it is known. */
  get unchanged(): Compare {
    const revision = this.#known.get(this.digit)?.modRevision ?? 0;
    if (revision === 0) return absent(exactly(this.key));
    return lastPutAt(this.key, revision);
  }

  /** The usage after a change; undefined while nothing was counted. */
  after(change: Usage): Usage | undefined {
    return this.usage === undefined ? undefined : addUsage(this.usage, change);
  }

  put({ count, bytes }: Usage): Put {
    return put(this.key, JSON.stringify({ count, bytes }));
  }

  /** It was put at this revision. */
  is(usage: Usage, modRevision: Revision): void {
    this.#known.set(this.digit, { usage, modRevision });
  }

  /** It was found so. */
  found(entry: Entry | undefined): void {
    this.#known.set(this.digit, knownFrom(entry));
  }
}

export const DIGITS = Array.from('0123456789abcdef');

function stripeOf(digest: string): string {
  return digest.charAt(0);
}

function knownFrom(entry: Entry | undefined): Known {
  if (entry === undefined) return { usage: undefined, modRevision: 0 };
  const record = JsonRecord.parse(entry.value);
  const [count, bytes] = [record.number('count'), record.number('bytes')];
  const isWhole = count !== undefined && bytes !== undefined;
  return { usage: isWhole ? { count, bytes } : undefined, modRevision: entry.modRevision };
}

function full({ count, bytes }: Usage, limits: Limits): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    `messages: ${count} of ${bytes} bytes are stored; at most ${limits.messages} of ${limits.messagesBytes} bytes are allowed; ` +
      'delete some; SHARED_LOCK_LIMIT_MESSAGES and SHARED_LOCK_LIMIT_MESSAGES_BYTES of the daemon set that, and ' +
      'SHARED_LOCK_MESSAGE_RETENTION how long they are kept',
    { reason: 'MESSAGES_FULL' },
  );
}
