import type { Quota } from './quota.js';
import type { Pattern } from './pattern.js';
import type { Space } from './space.js';
import type { Verb } from './vocabulary.js';

/** Deny by default; deny beats allow; the order of rules says nothing. */
export interface Policy {
  readonly principals: readonly NamedPrincipal[];
  readonly rules: readonly Rule[];
  /** By the name of a principal, and `default`. */
  readonly quotas: ReadonlyMap<string, Quota>;
  /** What namespaces of documents may take of the store. */
  readonly space: readonly Space[];
}

/** A name for those who show something. */
export interface NamedPrincipal {
  readonly name: string;
  /** Any of these will do. */
  readonly matches: readonly Match[];
  /** Ids that it had before. */
  readonly aliases: readonly string[];
  /** Of the policy file, from 1. */
  readonly line: number;
}

/**
 * What somebody shows. `jwt`: the subject of a token; `jwtGroup`: a group of it; `san`: a URI or DNS name of a client
 * certificate; `tokenSha256`: of a static token, in hex; `unix`: a Unix socket.
 * Of `jwt` and `san` a `*` at the end stands for what follows.
 */
export type Match =
  | { readonly by: 'jwt' | 'jwtGroup' | 'san' | 'tokenSha256'; readonly value: string }
  | { readonly by: 'unix' };

export interface Rule {
  /** Names of principals and groups; `anonymous`. */
  readonly to: readonly string[];
  readonly effect: 'allow' | 'deny';
  readonly verbs: readonly Verb[] | '*';
  readonly on: readonly Pattern[];
  /** Of the policy file, from 1. */
  readonly line: number;
}
