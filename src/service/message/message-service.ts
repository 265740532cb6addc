import { createHash } from 'node:crypto';
import { Fault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkRequestId } from '../../core/lock.js';
import { checkDigest, type PutMessageRequest } from '../../core/message.js';
import { checkValue } from '../../core/text.js';
import { absent, exactly, readAt } from '../../store/store.js';
import type { Store } from '../../store/store.js';
import type { OperationLog, Recorder } from '../operation-log.js';

/** What the operations on messages stand on. */
export interface MessageParts {
  readonly store: Store;
  readonly layout: KeyLayout;
  readonly limits: Limits;
  readonly operations: OperationLog;
}

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
   * @throws Fault INVALID_ARGUMENT above the limit (1 MiB by default) and for a lone surrogate, ALREADY_EXISTS for
   * a request id that was used otherwise, DATA_LOSS if another text is stored under the digest.
   */
  async put({ message, requestId }: PutMessageRequest): Promise<string> {
    const { limits, operations } = this.#parts;
    checkValue(message, limits.messageBytes, 'message');
    checkRequestId(requestId, limits);
    const digest = digestOf(message);
    const operation = operations.begin(requestId, 'messagePut', { digest });
    await operations.retryEnded(async () => {
      await this.#write(digest, message, await operation.recorder());
    });
    return digest;
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

  async #write(digest: string, message: string, recorder: Recorder): Promise<void> {
    const { store, layout } = this.#parts;
    const key = layout.message(digest);
    const outcome = await store.transact({
      resource: key,
      compare: [absent(exactly(key)), ...recorder.compares],
      then: [{ kind: 'put', key, value: message }, ...recorder.records({ digest })],
      else: [{ kind: 'read', range: exactly(key) }, ...recorder.reads],
    });
    if (outcome.succeeded || recorder.replay(outcome, 1) !== undefined) return;
    if (readAt(outcome, 0).entries[0]?.value !== message) throw dataLoss(digest);
    if (recorder.compares.length > 0) await this.#record(key, digest, recorder);
  }

  /** The text is there already: only the request is still to be remembered. */
  async #record(key: string, digest: string, recorder: Recorder): Promise<void> {
    const outcome = await this.#parts.store.transact({
      resource: key,
      compare: recorder.compares,
      then: recorder.records({ digest }),
      else: recorder.reads,
    });
    // Another one with this id came first: fine if it was the same.
    if (!outcome.succeeded) recorder.replay(outcome, 0);
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
