import { Fault } from '../errors.js';
import { namespaceText } from './vocabulary.js';

/** How much each of some namespaces of documents may take of the store. */
export interface Space {
  /** A namespace, as rules write it, or what it begins with. Of `default` it is empty: every namespace begins so. */
  readonly text: string;
  readonly isPrefix: boolean;
  readonly bytes: number;
}

/** How much the documents of a namespace may take of the store, by a policy. */
export class SpaceLimits {
  readonly #exactly = new Map<string, number>();
  /** The longest first. */
  readonly #prefixes: readonly Space[];

  constructor(spaces: readonly Space[]) {
    for (const { text, isPrefix, bytes } of spaces) if (!isPrefix) this.#exactly.set(text, bytes);
    this.#prefixes = spaces
      .filter(({ isPrefix }) => isPrefix)
      .sort((a, b) => b.text.length - a.text.length);
  }

  /** In bytes, by what fits it most exactly. Undefined: there is no limit, and nothing is counted. */
  of(namespace: string): number | undefined {
    const text = namespaceText(namespace);
    return (
      this.#exactly.get(text) ?? this.#prefixes.find((space) => text.startsWith(space.text))?.bytes
    );
  }
}

/** @param more bytes that are asked for; the others are numbers of bytes too. */
export function spaceReached(namespace: string, bytes: number, limit: number, more: number): Fault {
  const message =
    `the documents of ${JSON.stringify(namespace)} take ${bytes} bytes, and may take ${limit}: there is no room for ${more} more; ` +
    'delete some, or raise `space` in the policy';
  return new Fault('RESOURCE_EXHAUSTED', message, { reason: 'QUOTA_SPACE' });
}
