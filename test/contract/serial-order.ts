import { expect } from 'chai';
import fc from 'fast-check';
import { isFault } from '../../src/core/errors.js';
import type { LeaseId } from '../../src/core/lease-id.js';
import { apply, stateOf } from '../../src/store/apply.js';
import { absent, exactly, prefixed } from '../../src/store/store.js';
import type { Entry, Operation, Outcome, Transaction } from '../../src/store/store.js';
import { newLeaseId, put, type Subject } from './subject.js';

const ROUNDS = 15;
const AT_ONCE = 80;

interface Done {
  readonly transaction: Transaction;
  readonly outcome: Outcome;
}

/** However an engine merges what comes at the same time, it must look as if one had run after the other. */
export function serialOrderContract(subject: Subject): void {
  describe('any concurrent transactions', () => {
    it('have the outcomes of running one after the other, in the order of their revisions', async () => {
      const live = await subject.grant();
      const state = new Map<string, Entry>();
      let ran = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const done = await runAtOnce(subject, someTransactions(subject, live, round));
        ran += done.length;
        for (const { transaction, outcome } of serially(done)) {
          expect(outcome).to.deep.equal(runOnPaper(state, transaction, outcome));
        }
      }
      expect(ran, 'most name no ended lease').to.be.above((ROUNDS * AT_ONCE) / 2);
    });
  });
}

/** What names an ended lease is refused as a whole, and so is not part of the order. */
async function runAtOnce(subject: Subject, transactions: readonly Transaction[]): Promise<Done[]> {
  const done: Done[] = [];
  const run = async (transaction: Transaction): Promise<void> => {
    try {
      done.push({ transaction, outcome: await subject.store.transact(transaction) });
    } catch (error) {
      if (!isFault(error, 'NOT_FOUND')) throw error;
    }
  };
  await Promise.all(transactions.map(run));
  return done;
}

/** Who wrote nothing saw what the writers of its revision left. */
function serially(done: readonly Done[]): Done[] {
  const rank = ({ outcome }: Done): number => outcome.revision + (wrote(outcome) ? 0 : 0.5);
  return [...done].sort((a, b) => rank(a) - rank(b));
}

function runOnPaper(state: Map<string, Entry>, transaction: Transaction, actual: Outcome): Outcome {
  const revision = wrote(actual) ? actual.revision : actual.revision + 1;
  const { outcome, changes } = apply(stateOf(state.values()), transaction, revision, () => true);
  for (const change of changes) {
    if (change.kind === 'put') state.set(change.entry.key, change.entry);
    else state.delete(change.key);
  }
  return outcome;
}

function wrote({ results }: Outcome): boolean {
  return results.some(
    (result) => result.kind === 'put' || (result.kind === 'delete' && result.deleted > 0),
  );
}

function someTransactions(subject: Subject, live: LeaseId, seed: number): Transaction[] {
  const key = fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c', 'd', 'e', 'f').map(absolute);
  const range = fc.oneof(
    { weight: 3, arbitrary: key.map((from) => exactly(from)) },
    { weight: 1, arbitrary: fc.constantFrom('a/', 'b/').map((name) => prefixed(absolute(name))) },
  );
  const lease = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(undefined, live) },
    { weight: 1, arbitrary: fc.constant(newLeaseId()) },
  );
  const puts = fc
    .tuple(fc.uniqueArray(key, { maxLength: 2 }), fc.string({ maxLength: 5 }), lease)
    .map(([keys, value, of]) => keys.map((each): Operation => put(each, value, of)));
  const deletes = fc.array(
    range.map((from): Operation => ({ kind: 'delete', range: from })),
    { maxLength: 1 },
  );
  const reads = fc.array(
    range.map((from): Operation => ({ kind: 'read', range: from, order: 'create' })),
    { maxLength: 2 },
  );
  const branch = fc
    .tuple(reads, fc.oneof(puts, deletes), reads)
    .map(([before, writes, after]) => [...before, ...writes, ...after]);
  const compare = fc.array(range.map(absent), { maxLength: 2 });
  const transaction = fc.tuple(compare, branch, branch);
  return fc.sample(transaction, { seed, numRuns: AT_ONCE }).map(([of, then, otherwise], index) => ({
    resource: absolute(String(index)),
    compare: of,
    then,
    else: otherwise,
  }));

  function absolute(name: string): string {
    return subject.key(name);
  }
}
