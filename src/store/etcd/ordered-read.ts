import type { Read, ReadResult, Revision } from '../store.js';
import type { RangeRequest, RangeResponse } from './kv-messages.js';
import { revisionOf, toRange, toReadResult } from './wire.js';

type Result = ReadResult & { readonly revision: Revision };

/**
 * One read, in the order that it asks for. etcd does not sort what was created at one revision, and so may cut anywhere among it: what was
 * cut so is read once more, all of that revision.
 */
export async function readInOrder(
  ask: (request: RangeRequest) => Promise<RangeResponse>,
  read: Omit<Read, 'kind'>,
): Promise<Result> {
  const { order, limit = 0 } = read;
  const request = toRange(read);
  if (request.sort_target === undefined || limit === 0) return resultOf(await ask(request), order);
  // The one more shows whether it is cut among those of one revision.
  const result = resultOf(await ask({ ...request, limit: limit + 1 }), order);
  const { revision, entries } = result;
  const next = entries[limit];
  if (next === undefined) return result;
  const { createRevision: cut } = next;
  if (entries[limit - 1]?.createRevision !== cut) return { ...result, ...first(limit, entries) };
  const together = await ask({
    ...request,
    limit: undefined,
    revision,
    min_create_revision: cut,
    max_create_revision: cut,
  });
  const before = entries.filter(({ createRevision }) => createRevision !== cut);
  const all = [...before, ...toReadResult(together, order).entries];
  return { ...result, ...first(limit, all) };
}

function first(limit: number, entries: Result['entries']): Pick<Result, 'entries' | 'more'> {
  return { entries: entries.slice(0, limit), more: true };
}

function resultOf(response: RangeResponse, order: Read['order']): Result {
  return { ...toReadResult(response, order), revision: revisionOf(response) };
}
