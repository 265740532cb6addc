import { createHash } from 'node:crypto';
import { Fault, isFault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkRequestId } from '../../core/lock.js';
import { checkDigest } from '../../core/message.js';
import type { DeleteMessageRequest, PutMessageRequest } from '../../core/message.js';
import { checkValue } from '../../core/text.js';
import { absent, createdAt, exactly } from '../../store/store.js';
import type { Revision, Store } from '../../store/store.js';
import type { CallOrigin } from '../caller.js';
import { UNRECORDED, type OperationLog, type Recorder } from '../operation-log.js';
import { put, readKey, remove, transact } from '../transaction.js';
import type { MessageUsage, Stripe } from './usage.js';

/** What the operations on messages stand on. */
export interface MessageParts {
  readonly store: Store;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly operations: OperationLog;
  readonly usage: MessageUsage;
}

/** To be stored. */
interface Text {
  readonly digest: string;
  readonly message: string;
  readonly recorder: Recorder;
}

interface Deletion {
  readonly digest: string;
  readonly recorder: Recorder;
  /** Of the put that created it; undefined: whichever. */
  readonly revision?: Revision;
}

/** How often another daemon may write to the same stripe in between. */
const MAX_TRIES = 20;

const MESSAGE_LIMIT_HINT = '; SHARED_LOCK_LIMIT_MESSAGE_BYTES of the daemon sets that, up to 1 MiB';

/**
 * Texts by their SHA-256. A text is written once and never changes; that what is stored is the text that was asked
 * for is checked whenever it is read.
 */
export class MessageService {
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /**
   * Stores a text, unless it is there. @returns its digest, 64 lower-case hexadecimal digits.
   * @throws Fault INVALID_ARGUMENT above the limit (1 MiB by default) and for a lone surrogate, RESOURCE_EXHAUSTED if
   * there are too many, ALREADY_EXISTS for a request id that was used otherwise, DATA_LOSS if another text is stored under
   * the digest.
   */
  async put({ message, requestId }: PutMessageRequest, origin: CallOrigin = {}): Promise<string> {
    const { limits, operations, usage } = this.#parts;
    checkValue(message, limits.messageBytes, 'message', MESSAGE_LIMIT_HINT);
    checkRequestId(requestId, limits);
    const digest = digestOf(message);
    const operation = operations.begin(requestId, 'messagePut', { digest }, origin);
    await operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      await usage.inTurn(digest, (stripe) => this.#write({ digest, message, recorder }, stripe));
    });
    return digest;
  }

  /**
   * Deletes a text. @returns false if there was none.
   * @throws Fault ALREADY_EXISTS for a request id that was used otherwise.
   */
  async delete(
    { digest, requestId }: DeleteMessageRequest,
    origin: CallOrigin = {},
  ): Promise<boolean> {
    const { limits, operations, usage } = this.#parts;
    checkDigest(digest);
    checkRequestId(requestId, limits);
    const operation = operations.begin(requestId, 'messageDelete', { digest }, origin);
    return operations.retryEnded(async () => {
      const recorder = await operation.recorder();
      return usage.inTurn(digest, (stripe) => this.#delete({ digest, recorder }, stripe));
    });
  }

  /** Deletes a text if it is the one that was put at this revision. */
  async deleteCreatedAt(digest: string, revision: Revision): Promise<void> {
    const { usage } = this.#parts;
    const recorder = await UNRECORDED.recorder();
    await usage.inTurn(digest, (stripe) => this.#delete({ digest, recorder, revision }, stripe));
  }

  /** @throws Fault NOT_FOUND if there is none, DATA_LOSS if what is stored has another digest. */
  async get(digest: string): Promise<string> {
    const { store, layout } = this.#parts;
    const { entries } = await store.read({ range: exactly(layout.message(checkDigest(digest))) });
    const message = entries[0]?.value;
    if (message === undefined) {
      throw new Fault('NOT_FOUND', `there is no message with the digest ${digest}`, {
        reason: 'MESSAGE_NOT_FOUND',
      });
    }
    if (digestOf(message) !== digest) throw dataLoss(digest);
    return message;
  }

  /** If it is there, only the request is still to be remembered. */
  async #isStored({ digest, message, recorder }: Text): Promise<boolean> {
    const { store, layout } = this.#parts;
    const key = layout.message(digest);
    const present = { range: exactly(key), target: 'version', is: '>', operand: 0 } as const;
    const stored = readKey(key);
    const done = await transact(store, {
      resource: key,
      compare: [present, ...recorder.compares],
      then: [stored, ...recorder.records({ digest })],
      else: recorder.reads,
    });
    if (!done.succeeded) return recorder.replay(done) !== undefined;
    if (done.entry(stored)?.value !== message) throw dataLoss(digest);
    return true;
  }

  async #write(text: Text, stripe: Stripe): Promise<void> {
    const { digest, message, recorder } = text;
    const { store, layout, usage } = this.#parts;
    const key = layout.message(digest);
    const bytes = Buffer.byteLength(message);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        await usage.admit(stripe, bytes);
      } catch (error) {
        // A text that is there needs no space.
        if (isFault(error, 'RESOURCE_EXHAUSTED') && (await this.#isStored(text))) return;
        throw error;
      }
      const after = stripe.after({ count: 1, bytes });
      const record = readKey(stripe.key);
      const done = await transact(store, {
        resource: stripe.key,
        compare: [absent(exactly(key)), stripe.unchanged, ...recorder.compares],
        then: [
          put(key, message),
          ...(after === undefined ? [] : [stripe.put(after)]),
          ...recorder.records({ digest }),
        ],
        else: [record],
      });
      if (done.succeeded) {
        if (after !== undefined) stripe.is(after, done.revision);
        return;
      }
      stripe.found(done.entry(record));
      // Or the same text, or the same request, came first.
      if (await this.#isStored(text)) return;
    }
    throw contended();
  }

  async #delete({ digest, recorder, revision }: Deletion, stripe: Stripe): Promise<boolean> {
    const { store, layout } = this.#parts;
    const key = layout.message(digest);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { entries } = await store.read({ range: exactly(key) });
      const [entry] = entries;
      if (revision !== undefined && entry?.createRevision !== revision) return false;
      const after = entry && stripe.after({ count: -1, bytes: -Buffer.byteLength(entry.value) });
      const record = readKey(stripe.key);
      const done = await transact(store, {
        resource: stripe.key,
        frees: true,
        compare: [
          entry === undefined ? absent(exactly(key)) : createdAt(key, entry.createRevision),
          ...(after === undefined ? [] : [stripe.unchanged]),
          ...recorder.compares,
        ],
        then: [
          ...(entry === undefined ? [] : [remove(key)]),
          ...(after === undefined ? [] : [stripe.put(after)]),
          ...recorder.records({ deleted: entry === undefined ? 'no' : 'yes' }),
        ],
        else: [record, ...recorder.reads],
      });
      if (done.succeeded) {
        if (after !== undefined) stripe.is(after, done.revision);
        return entry !== undefined;
      }
      const first = recorder.replay(done);
      if (first !== undefined) return first.outcome.text('deleted') === 'yes';
      stripe.found(done.entry(record));
    }
    throw contended();
  }
}

function digestOf(message: string): string {
  return createHash('sha256').update(message, 'utf8').digest('hex');
}

function dataLoss(digest: string): Fault {
  return new Fault(
    'DATA_LOSS',
    `what is stored under the digest ${digest} is another text: it was damaged, or changed by another program`,
    { reason: 'DIGEST_MISMATCH' },
  );
}

function contended(): Fault {
  return new Fault('ABORTED', 'other daemons wrote messages all the time; ask again', {
    reason: 'CONTENDED',
    retryAfterMs: 100,
  });
}
