import { absent, exactly } from '../../store/store.js';
import type { Revision, Store } from '../../store/store.js';
import { JsonRecord } from '../json-record.js';
import { lastPutAt, put, transact } from '../transaction.js';

/** One revision of the store, and when it was, by a daemon's wall clock. */
interface Mark {
  readonly revision: Revision;
  readonly wallMs: number;
}

/** Marks a retention: so a message is kept a sixteenth of it too long at most. */
const PER_RETENTION = 16;
const MOST = 64;

/**
 * Marks the revision of now, if it is time for that, and looks at the marks of the past.
 * Texts have no date in the store, but their keys have a revision.
 * @returns what was created at this revision or before is older than the retention; 0: nothing is known to be.
 */
export async function oldestKept(
  store: Store,
  key: string,
  retentionMs: number,
  wallMs: number,
): Promise<Revision> {
  const { entries, revision } = await store.read({ range: exactly(key) });
  const [entry] = entries;
  const marks = readMarks(entry?.value ?? '');
  const old = marks.findLast((mark) => mark.wallMs <= wallMs - retentionMs);
  const latest = marks.at(-1);
  if (latest === undefined || latest.wallMs <= wallMs - retentionMs / PER_RETENTION) {
    const needed = marks.slice(old === undefined ? 0 : marks.indexOf(old)).slice(1 - MOST);
    const value = JSON.stringify({
      revisions: [...needed.map((mark) => mark.revision), revision],
      wallMs: [...needed.map((mark) => mark.wallMs), wallMs],
    });
    // Should another daemon have done it at the same time, its mark is as good.
    await transact(store, {
      resource: key,
      // Else a store that is full would never be emptied.
      frees: true,
      compare: [entry === undefined ? absent(exactly(key)) : lastPutAt(key, entry.modRevision)],
      then: [put(key, value)],
    });
  }
  return old?.revision ?? 0;
}

function readMarks(text: string): Mark[] {
  const record = JsonRecord.parse(text);
  const times = record.numbers('wallMs');
  return record.numbers('revisions').flatMap((revision, index) => {
    const wallMs = times[index];
    return wallMs === undefined ? [] : [{ revision, wallMs }];
  });
}
