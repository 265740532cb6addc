import { sleep, type Clock } from '../../clock/clock.js';
import { unavailable } from '../../core/errors.js';
import { apply, stateOf } from '../apply.js';
import type { Compare, Entry, KeyRange, Outcome, Revision, Transaction } from '../store.js';
import { bareOf, wholeOutcome } from './bare.js';
import type { Caller } from './caller.js';
import type { TxnRequest } from './kv-messages.js';
import { outcomeUnknown } from './lane.js';
import { rangesOf } from './recompute.js';
import { judge, type Verdict } from './verdict.js';
import { revisionOf, toEntry, toOutcome, toRange, toTxn } from './wire.js';

export interface WithoutSpaceSettings {
  readonly clock: Clock;
  readonly caller: Pick<Caller, 'callTimeoutMs' | 'once' | 'repeat'>;
  /** Any key; it is only ever read. */
  readonly probeKey: string;
  /** Aborted when the store closes. */
  readonly closing: AbortSignal;
}

/** What a transaction would delete, by how things stood at one revision. */
interface Look {
  readonly revision: Revision;
  readonly outcome: Outcome;
  readonly doomed: readonly Entry[];
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Transactions under way. Those that wait have been in the line of the lanes, so that its limit is theirs. */
export const MAX_WITHOUT_SPACE = 32;
/** So many call timeouts for all attempts together. */
const TIMEOUTS = 4;
const PAUSE_MS = 100;

/**
 * What frees, where etcd has no space left: then it takes deletions and refuses every put, so that no lane has its
 * marker (D4). It goes alone, without what it puts.
 *
 * In the place of the marker: it is sent only to delete what was there when it was looked at, and on the condition that
 * nothing was put there since. So it may be sent again, and a copy that arrives late finds nothing that is newer than the look. If
 * an answer is lost, and what was to be deleted is gone, that is its outcome; somebody else may have had a part in it, such as
 * the end of the lease, which comes to the same for whoever wants it gone.
 */
export class WithoutSpace {
  readonly #settings: WithoutSpaceSettings;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(settings: WithoutSpaceSettings) {
    this.#settings = settings;
  }

  /** @throws Fault UNAVAILABLE, saying whether nothing was applied or nothing is known. */
  async run(transaction: Transaction): Promise<Outcome> {
    await this.#turn();
    try {
      return wholeOutcome(transaction, await this.#run(bareOf(transaction)));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#underWay < MAX_WITHOUT_SPACE) this.#underWay += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #run(bare: Transaction): Promise<Outcome> {
    const { clock, caller, closing } = this.#settings;
    const untilMs = clock.now() + TIMEOUTS * caller.callTimeoutMs;
    /** Of the first that was sent and got no answer. */
    let unanswered: Look | undefined;
    let cause: unknown;
    while (clock.now() < untilMs && !closing.aborted) {
      let look: Look | undefined;
      try {
        look = await this.#look(bare);
        if (unanswered !== undefined && isGone(unanswered, look)) return unanswered.outcome;
        if (look.doomed.length === 0) return look.outcome;
        const outcome = await this.#send(bare, look);
        // After a lost answer it may have failed because the one before it has just arrived.
        if (outcome !== undefined && (unanswered === undefined || outcome.succeeded)) {
          return outcome;
        }
      } catch (error) {
        const verdict = judge(error);
        if (isFinal(verdict) && unanswered === undefined) throw verdict.fault;
        if (verdict.kind === 'no answer') unanswered ??= look;
        cause = error;
      }
      await sleep(clock, PAUSE_MS, closing);
    }
    if (unanswered !== undefined) throw outcomeUnknown(cause);
    throw unavailable('etcd did not answer in time; nothing was applied', cause);
  }

  /** What it would come to now, worked out on paper. */
  async #look(bare: Transaction): Promise<Look> {
    const valuesOf = new Set(lookedAt(bare).map(idOf));
    // One more, so that etcd does not answer from what a member happens to know.
    const request: TxnRequest = {
      success: [
        { request_range: { key: this.#settings.probeKey, count_only: true } },
        ...rangesOf(bare).map((range) => ({
          request_range: toRange({ range, keysOnly: !valuesOf.has(idOf(range)) }),
        })),
      ],
    };
    const response = await this.#settings.caller.repeat('read', (connection, options) =>
      connection.txn(request, options),
    );
    const entries = new Map<string, Entry>();
    for (const { response_range } of response.responses) {
      for (const kv of response_range?.kvs ?? []) {
        const entry = toEntry(kv);
        // It may be in two of the ranges, of one of which only the keys are read.
        if (entry.value !== '' || !entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    const revision = revisionOf(response);
    const { outcome, changes } = apply(stateOf(entries.values()), bare, revision + 1, () => true);
    const doomed = changes.flatMap((change) =>
      change.kind === 'delete' && change.previous !== undefined ? [change.previous] : [],
    );
    return { revision, outcome, doomed, entries };
  }

  /** @returns undefined if something was put since the look: nothing was applied. */
  async #send(bare: Transaction, { revision }: Look): Promise<Outcome | undefined> {
    const { caller } = this.#settings;
    const guards = deletedBy(bare).map((range): Compare => ({
      range,
      target: 'mod',
      is: '<',
      operand: revision + 1,
    }));
    const guarded = toTxn({ ...bare, compare: guards, then: [], else: [] });
    const request = { ...guarded, success: [{ request_txn: toTxn(bare) }] };
    const response = await caller.once(
      'write',
      (connection, options) => connection.txn(request, options),
      caller.callTimeoutMs,
      caller.callTimeoutMs,
    );
    if (!response.succeeded) return undefined;
    const nested = response.responses[0]?.response_txn;
    if (nested === undefined || nested === null) {
      throw new TypeError('etcd answered another operation than the one it was asked');
    }
    const after = revisionOf(response);
    return { ...toOutcome(bare, nested, after), revision: after };
  }
}

/** etcd will not do it, and why does not pass by itself. */
function isFinal({ kind }: Verdict): boolean {
  return kind === 'refused' || kind === 'no space';
}

function isGone(before: Look, now: Look): boolean {
  return before.doomed.every(
    ({ key, createRevision }) => now.entries.get(key)?.createRevision !== createRevision,
  );
}

function deletedBy({ then, else: otherwise }: Transaction): KeyRange[] {
  return [...then, ...otherwise].flatMap((operation) =>
    operation.kind === 'delete' ? [operation.range] : [],
  );
}

/** Ranges of which more is needed than the keys. */
function lookedAt({ compare, then, else: otherwise }: Transaction): KeyRange[] {
  return [
    ...compare.map(({ range }) => range),
    ...[...then, ...otherwise].flatMap((operation) =>
      operation.kind === 'read' ? [operation.range] : [],
    ),
  ];
}

function idOf({ from, to }: KeyRange): string {
  return JSON.stringify([from, to]);
}
