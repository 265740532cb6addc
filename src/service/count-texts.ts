import type { KeyRange, Store } from '../store/store.js';

/** So many texts, and the bytes of their UTF-8. */
export interface Usage {
  readonly count: number;
  readonly bytes: number;
}

/** Of a page; texts have up to 1 MiB. */
const PAGE = { first: 8, most: 128, bytes: 4 * 1024 * 1024 };

/** Counts the texts of a range, page by page: what is written meanwhile may be in it or not. */
export async function countTexts(store: Pick<Store, 'read'>, range: KeyRange): Promise<Usage> {
  let usage: Usage = { count: 0, bytes: 0 };
  let limit = PAGE.first;
  for (let from = range.from; ;) {
    const { entries, more } = await store.read({ range: { ...range, from }, limit });
    const bytes = entries.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
    usage = { count: usage.count + entries.length, bytes: usage.bytes + bytes };
    const last = entries.at(-1);
    if (!more || last === undefined) return usage;
    from = `${last.key}\0`;
    const fitting = Math.floor((PAGE.bytes * entries.length) / Math.max(1, bytes));
    limit = Math.min(Math.max(fitting, PAGE.first), PAGE.most);
  }
}
