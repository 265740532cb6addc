/**
 * What a soak records. All processes of it stamp their events with CLOCK_MONOTONIC, which is one clock for the whole machine.
 */

/** The process that runs the soak, among those that record. */
export const SOAK = 'soak';

/** What an operation is about: `lock:a`, `election:a`, `counter:a`, `document:a`, `session`, `client`. */
export type Thing = string;

export type Call =
  | 'acquire'
  | 'tryAcquire'
  | 'withLock'
  | 'session'
  | 'session.acquire'
  | 'session.revoke'
  | 'campaign'
  | 'lead'
  | 'release'
  | 'confirm'
  | 'proclaim'
  | 'add'
  | 'get'
  | 'put'
  | 'close';

/** How a call failed, as its caller saw it. */
export interface Failure {
  /** The name of the error's class. */
  readonly name: string;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly message: string;
}

/** What a write was fenced with. */
export interface FencedWith {
  readonly thing: Thing;
  readonly token: number;
}

/** What is known of a counter or a document after an operation on it. */
export interface Value {
  /** Of a counter: its value; of a document: the number of its version. */
  readonly number: number;
  /** Of a document. */
  readonly text?: string;
  /** At which it was written, as far as that was told. */
  readonly revision?: number;
}

/** What a watch tells. */
export interface Told {
  /**
   * STATE: all up to `revision` is known. RESYNC: the same, after events were lost. PART: of a state that SYNCED ends; its
   * revision is that of the subject. All others are events.
   */
  readonly what: string;
  readonly revision: number;
  /** With `what` and `revision` it tells two events of one thing apart. */
  readonly subject: string;
  /** Of the end of a hold: how it ended, as far as the daemon knows. */
  readonly cause?: string;
}

interface Kinds {
  /** An operation begins. `boundMs`: how long it may take by what is documented. */
  begin: {
    op: string;
    call: Call;
    thing: Thing;
    boundMs: number;
    fence?: FencedWith;
    /** Of a put: what is written. */
    text?: string;
  };
  /** The signal of an operation's options was aborted. */
  cancel: { op: string };
  /** An operation ended: with a value, with nothing (not acquired), by its own signal, or with an error. */
  end: {
    op: string;
    outcome: 'ok' | 'none' | 'cancelled' | 'error';
    value?: Value;
    error?: Failure;
  };
  /** A lock or a term was granted, as its holder learned. */
  granted: { hold: string; op: string; thing: Thing; token: number; ttlMs: number };
  /** Just after the stamp the holder looked at `state` and `signal.aborted`. */
  belief: { hold: string; believes: boolean; state: string };
  /** The holder is about to give it back, and believes no more. */
  yielded: { hold: string };
  /** The listener of `signal` was called. */
  aborted: { hold: string; why: Failure };
  /** The work under a lock (`withLock`, `lead`) is over. */
  workEnded: { hold: string };
  /** A watch begins after `fromRevision`; 0: with the state of now. */
  watching: { watch: string; thing: Thing; fromRevision: number };
  told: { watch: string; told: Told };
  /** `error` absent: it was left on purpose. */
  unwatched: { watch: string; error?: Failure };
  /** At the end, when all faults are over: every watch must tell of this revision within the bound. */
  settle: { thing: Thing; revision: number; boundMs: number };
  /** The event loop of the process stood still until the stamp. */
  stall: { ms: number };
  /** A fault began, and ends after `ms`. */
  fault: { name: string; ms: number };
  /** All faults have been ended. */
  healed: { ms: number };
  started: { process: string };
  /** `expected`: the soak killed it. */
  exited: { process: string; expected: boolean; how: string };
  /** Something that no operation's caller saw: an unhandled rejection. */
  crashed: { error: Failure };
  /** What is found when all is over, by kind, and how much of it is right at most. */
  left: { what: string; count: number; atMost: number };
}

export type Kind = keyof Kinds;
/** The events of some kinds. */
export type EventOf<K extends Kind> = {
  [Each in K]: { readonly kind: Each; readonly at: number; readonly who: string } & Readonly<
    Kinds[Each]
  >;
}[K];
export type SoakEvent = EventOf<Kind>;
/** An event without its stamp. */
export type Fact = { [K in Kind]: { readonly kind: K } & Readonly<Kinds[K]> }[Kind];

/** Milliseconds on the clock that all processes of the machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What a soak found to be wrong. */
export interface Violation {
  /** The rule, in a few words. */
  readonly rule: string;
  readonly message: string;
  /** The few events that show it. */
  readonly events: readonly SoakEvent[];
}
