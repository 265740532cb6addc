import { apply, stateOf } from '../apply.js';
import type { Entry, KeyRange, Outcome, Revision, Transaction } from '../store.js';
import type { Caller } from './caller.js';
import type { RequestOp } from './kv-messages.js';
import { toEntry, toKeyRange } from './wire.js';

/**
 * The outcomes of transactions that etcd applied at `revision`, but whose answer was lost: read what they
 * touched as it was before, and apply them again, on paper. They touch different keys, so their order is no matter.
 * @throws what the read throws, e.g. if the revision has been compacted.
 */
export async function recompute(
  caller: Caller,
  batch: readonly Transaction[],
  revision: Revision,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const transaction of batch) {
    const entries = await entriesBefore(caller, rangesOf(transaction), revision);
    // Had a lease not existed, etcd would not have applied it.
    outcomes.push(apply(stateOf(entries), transaction, revision, () => true).outcome);
  }
  return outcomes;
}

async function entriesBefore(
  caller: Caller,
  ranges: readonly KeyRange[],
  revision: Revision,
): Promise<Iterable<Entry>> {
  const success: RequestOp[] = ranges.map((range) => ({
    request_range: { ...toKeyRange(range), revision: revision - 1 },
  }));
  const response = await caller.repeat('recompute', (connection, options) =>
    connection.txn({ success }, options),
  );
  const entries = new Map<string, Entry>();
  for (const { response_range } of response.responses) {
    for (const kv of response_range?.kvs ?? []) {
      const entry = toEntry(kv);
      entries.set(entry.key, entry);
    }
  }
  return entries.values();
}

/** Each range once. */
export function rangesOf(transaction: Transaction): KeyRange[] {
  const ranges = [
    ...transaction.compare.map((compare) => compare.range),
    ...[...transaction.then, ...transaction.else].map((operation) =>
      operation.kind === 'put' ? { from: operation.key } : operation.range,
    ),
  ];
  const distinct = new Map<string, KeyRange>();
  for (const range of ranges) distinct.set(JSON.stringify([range.from, range.to]), range);
  return [...distinct.values()];
}
