import { hash, timingSafeEqual } from 'node:crypto';
import type { Policy } from '../core/access/policy.js';
import { PolicyError } from './read-policy.js';
import type { Problem } from './yaml-tree.js';

/** A token by its SHA-256, and whose it is. */
export interface TokenHash {
  readonly name: string;
  readonly sha256: Buffer;
}

/** All are compared with each token that is not remembered. */
const MAX_TOKENS = 1000;

/** Tokens that are random texts, known by their hashes. */
export class StaticTokens {
  readonly #hashes: readonly TokenHash[];

  constructor(hashes: readonly TokenHash[]) {
    this.#hashes = hashes;
  }

  /** Whose token has this hash. Takes as long whichever it is. */
  nameOf(sha256: Buffer): string | undefined {
    let found: string | undefined;
    for (const hash of this.#hashes) {
      if (timingSafeEqual(hash.sha256, sha256)) found = hash.name;
    }
    return found;
  }
}

export function sha256Of(token: string): Buffer {
  return Buffer.from(sha256TextOf(token), 'hex');
}

/** In hex. */
export function sha256TextOf(token: string): string {
  // In one step, which is faster by half.
  return hash('sha256', token, 'hex');
}

/** The tokens that a policy itself has. */
export function tokensOfPolicy({ principals }: Policy): TokenHash[] {
  return principals.flatMap(({ name, matches }) =>
    matches.flatMap((match) =>
      match.by === 'tokenSha256' ? [{ name, sha256: Buffer.from(match.value, 'hex') }] : [],
    ),
  );
}

/**
 * Reads a file of tokens: a line each, the name of a principal of the policy and the SHA-256 in hex; `#` begins a comment. A name may have several,
 * so that a new one can be given out before the old one goes.
 * @throws PolicyError with the lines, and no text of them: somebody may have written a token there.
 */
export function readTokens(text: string, policy: Policy): TokenHash[] {
  const names = new Set(policy.principals.map(({ name }) => name));
  const owners = new Map(
    tokensOfPolicy(policy).map(({ name, sha256 }) => [sha256.toString('hex'), name]),
  );
  const problems: Problem[] = [];
  const hashes: TokenHash[] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const words = source.replace(/#.*$/, '').trim().split(/\s+/);
    const [name = '', sha256 = '', ...more] = words;
    if (name === '') continue;
    if (more.length > 0 || !/^[0-9a-f]{64}$/i.test(sha256)) {
      const message = 'a line has a name and the SHA-256 of a token, 64 hexadecimal digits';
      problems.push({ line, message });
    } else if (!names.has(name)) {
      problems.push({ line, message: 'the policy names no such principal' });
    } else if ((owners.get(sha256.toLowerCase()) ?? name) !== name) {
      problems.push({ line, message: 'another principal has the same token: it can be one only' });
    } else {
      owners.set(sha256.toLowerCase(), name);
      hashes.push({ name, sha256: Buffer.from(sha256, 'hex') });
    }
  }
  if (hashes.length > MAX_TOKENS) {
    problems.push({ line: 1, message: `there are more than ${MAX_TOKENS} tokens` });
  }
  if (problems.length > 0) throw new PolicyError(problems.slice(0, 20));
  return hashes;
}
