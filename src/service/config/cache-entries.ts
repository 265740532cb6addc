import type { Config } from '../../core/config-document.js';
import { utf8Length } from '../../core/text.js';
import type { Revision } from '../../store/store.js';
import type { Found } from './records.js';

/** A time in which all changes of a namespace are known, from one start of its watch to the next. */
export interface Epoch {
  /** When it was over, on the monotonic clock; undefined: it is not. */
  endedMs: number | undefined;
}

/** A document as it was at a revision. */
export interface CachedDocument {
  /** Undefined: there was none. */
  readonly found: Found | undefined;
  readonly asOf: Revision;
  /** As long as this lasts, and no change comes, it is so still. */
  readonly epoch: Epoch;
  /** What callers are told as long as it is so: one object, so that it need not be encoded for each of them. Made when one asks. */
  told?: Config;
}

/** What an entry takes beside its texts, in bytes: estimated, rather too much. */
const OVERHEAD_BYTES = 500;

/** Documents by the keys of their heads, in the order of use: so many bytes of them at most. */
export class CacheEntries {
  readonly #capacityBytes: number;
  readonly #onEvict: () => void;
  readonly #entries = new Map<string, CachedDocument & { readonly bytes: number }>();
  #bytes = 0;

  constructor(capacityBytes: number, onEvict: () => void) {
    this.#capacityBytes = capacityBytes;
    this.#onEvict = onEvict;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Does not count as use. */
  peek(key: string): CachedDocument | undefined {
    return this.#entries.get(key);
  }

  use(key: string): CachedDocument | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Those used longest ago make room. One that is larger than all room is not kept. */
  set(key: string, document: CachedDocument): void {
    this.delete(key);
    const bytes = bytesOf(key, document);
    if (bytes > this.#capacityBytes) return;
    this.#entries.set(key, { ...document, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#capacityBytes) break;
      this.delete(oldest);
      this.#onEvict();
    }
  }

  /** Only if there is room for it. */
  setIfRoom(key: string, document: CachedDocument): void {
    const freed = this.#entries.get(key)?.bytes ?? 0;
    if (this.#bytes - freed + bytesOf(key, document) <= this.#capacityBytes)
      this.set(key, document);
    else this.delete(key);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

function bytesOf(key: string, { found }: CachedDocument): number {
  const texts = found === undefined ? 0 : utf8Length(found.document) + utf8Length(found.schema);
  return key.length + texts + OVERHEAD_BYTES;
}
