import type { Counter, CounterPage, ListCountersRequest } from '../../core/counter.js';
import { decodeName, encodeName, type KeyLayout } from '../../core/keys.js';
import type { Limits } from '../../core/limits.js';
import { checkNameToken, pageSizeOf } from '../../core/paging.js';
import { checkText } from '../../core/text.js';
import { prefixed, type Store } from '../../store/store.js';
import { readCounterState } from './counter-state.js';

/** A page of counters, in the order of their encoded names. The token is where the page ended. */
export async function listCounters(
  parts: { readonly store: Store; readonly layout: KeyLayout; readonly limits: Limits },
  request: ListCountersRequest,
): Promise<CounterPage> {
  checkText(request.prefix, parts.limits.nameBytes, 'prefix');
  const root = parts.layout.counterRoot;
  const whole = prefixed(root + encodeName(request.prefix));
  const { prefix, pageToken } = request;
  const from = pageToken === '' ? whole.from : `${root}${checkNameToken(pageToken, prefix)}\0`;
  const read = await parts.store.read({
    range: { ...whole, from },
    limit: pageSizeOf(request.pageSize, parts.limits),
  });
  const counters = read.entries.map((entry): Counter => {
    const { value, modRevision } = readCounterState(entry);
    return {
      name: decodeName(entry.key.slice(root.length)),
      value: value ?? 0n,
      revision: modRevision,
    };
  });
  const last = counters.at(-1);
  const nextPageToken = read.more && last !== undefined ? encodeName(last.name) : '';
  return { counters, nextPageToken };
}
