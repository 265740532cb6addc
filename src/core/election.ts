import type { LeaseId } from './lease-id.js';
import type { Labels } from './labels.js';
import type { FencingToken, Grant } from './lock.js';

/** A leader's fencing token: higher than the term of every leader of the election before it. */
export type Term = FencingToken;

/** Stands for election. */
export interface CampaignRequest {
  readonly name: string;
  /** Who stands: the owner of the lock that an election is. */
  readonly candidate: string;
  readonly value: string;
  /** The lease that shall lead; undefined: the candidate gets one of its own. */
  readonly lease: LeaseId | undefined;
  /** TTL of its own lease; undefined: the default. */
  readonly ttlMs: number | undefined;
  /** How long to wait at most; 0: answer at once; undefined: as long as the limit allows. */
  readonly waitMs: number | undefined;
  readonly labels: Labels;
  /** Empty: none. */
  readonly requestId: string;
}

/** Somebody else leading is an answer, not a fault. */
export type CampaignOutcome =
  | { readonly elected: true; readonly grant: Grant }
  /** No leader: only candidates are before the caller. */
  | { readonly elected: false; readonly leader: Leader | undefined };

export interface ResignRequest {
  readonly name: string;
  readonly lease: LeaseId;
  /** 0: whatever term the lease has when this arrives. */
  readonly term: Term;
  readonly requestId: string;
  /** Instead of the term: what the Campaign with this request id got, or would still get. */
  readonly grantRequestId?: string | undefined;
}

export interface ProclaimRequest {
  readonly name: string;
  readonly lease: LeaseId;
  /** 0: whatever term the lease has. */
  readonly term: Term;
  readonly value: string;
  readonly requestId: string;
}

export interface UnseatRequest {
  readonly name: string;
  readonly reason: string;
  /** 0: whoever leads. */
  readonly term: Term;
  readonly requestId: string;
}

export interface UnseatOutcome {
  readonly unseated: boolean;
  readonly leader: Leader | undefined;
}

/** Never carries its lease ID. */
export interface Leader {
  /** Who it is; empty if another program wrote the election's key. */
  readonly candidate: string;
  readonly term: Term;
  /** What it published. */
  readonly value: string;
  readonly labels: Labels;
  /** Wall clock, milliseconds since 1970; undefined if another program wrote the key. */
  readonly electedAtMs: number | undefined;
  /** How long it leads, by the wall clocks of two daemons; undefined in events. */
  readonly ageMs: number | undefined;
  /** Undefined if it was not asked for. */
  readonly remainingTtlSeconds: number | undefined;
}

/** One that waits. */
export interface Candidate {
  /** 1 is next. */
  readonly position: number;
  /** Who it is. */
  readonly candidate: string;
  readonly labels: Labels;
  /** Since when it waits: wall clock, milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Who leads, and who waits. */
export interface Election {
  readonly name: string;
  /** Undefined if nobody leads. */
  readonly leader: Leader | undefined;
  /** At most the page size; `candidateCount` counts all. */
  readonly candidates: readonly Candidate[];
  readonly candidateCount: number;
  /** As of which this is. */
  readonly revision: number;
}

export interface ElectionPage {
  readonly elections: readonly Election[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export interface ObserveRequest {
  readonly name: string;
  /** Resume after this revision; 0: begin with the state of now. */
  readonly fromRevision: number;
}

/** No two have the same revision, but a state may have that of the event before it. */
export type ElectionEvent =
  | { readonly kind: 'STATE' | 'RESYNC'; readonly revision: number; readonly election: Election }
  | {
      readonly kind: 'ELECTED' | 'PROCLAIMED' | 'VACATED';
      readonly revision: number;
      readonly leader: Leader;
    };

export interface LeadershipRequest {
  readonly name: string;
  /** Empty: anybody with the term. */
  readonly candidate: string;
  /** 0: any term of the candidate. */
  readonly term: Term;
}

export interface Leadership {
  readonly isLeader: boolean;
  /** The present term, whoever leads; 0 if nobody does. */
  readonly term: Term;
  /** How long the one who asked leads, unless its lease is renewed; undefined if it does not. */
  readonly remainingSeconds: number | undefined;
}
