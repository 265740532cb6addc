import { randomName } from '../clock/random.js';
import { checkOptions } from './check-options.js';
import { CALL_OPTIONS } from './options.js';
import type { CallOptions } from './options.js';
import type { ClientParts } from './parts.js';

/** Texts by their digest, kept until they are deleted, or as long as the daemons are told. All throw SharedLockError. */
export class Messages {
  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /**
   * Stores a text of at most 1 MiB of UTF-8; once is enough. @returns its SHA-256, 64 hexadecimal digits.
   * @throws SharedLockError RESOURCE_EXHAUSTED (MESSAGES_FULL) if the daemons keep no more.
   */
  async put(message: string, options: CallOptions = {}): Promise<string> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const request = { message, requestId: randomName() };
    return (await caller.unary('MessageService', 'PutMessage', request, options)).digest;
  }

  /** Finds a text by its digest. @throws SharedLockError NOT_FOUND if there is none; DATA_LOSS if it is damaged. */
  async get(digest: string, options: CallOptions = {}): Promise<string> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    return (await caller.unary('MessageService', 'GetMessage', { digest }, options)).message;
  }

  /** Deletes a text, whoever stored it. @returns false if there was none. */
  async delete(digest: string, options: CallOptions = {}): Promise<boolean> {
    checkOptions(options, CALL_OPTIONS);
    const { caller } = this.#parts;
    const request = { digest, requestId: randomName() };
    return (await caller.unary('MessageService', 'DeleteMessage', request, options)).deleted;
  }
}
