import { daemonStopping, Fault, invalid } from '../core/errors.js';
import type { Revision, WatchEnd } from '../store/store.js';

/** @throws Fault INVALID_ARGUMENT unless it is 0, or a revision that the store has reached. */
export function checkFromRevision(fromRevision: Revision, now: Revision): void {
  if (fromRevision < 0) {
    throw invalid('from_revision', 'must be 0, or a revision that a message had');
  }
  if (fromRevision > now) {
    throw invalid('from_revision', `is in the future; the store is at ${now}`);
  }
}

/** Why the store ended a watch, for the one who watches. */
export function watchEnded(end: WatchEnd): Fault {
  if (end.reason === 'closed') {
    return daemonStopping('this daemon is about to stop; watch at another one');
  }
  if (end.reason === 'too many') {
    return new Fault('RESOURCE_EXHAUSTED', 'too many watches are open at this daemon; try later', {
      reason: 'WATCH_LIMIT',
      retryAfterMs: 1000,
    });
  }
  return new Fault(
    'OUT_OF_RANGE',
    `from_revision: events up to ${end.compactRevision} are compacted; read the state, and watch from there`,
    { reason: 'COMPACTED', metadata: { compactRevision: String(end.compactRevision) } },
  );
}

/** The watcher did not keep up; it has all events up to and including `revision`. */
export function watcherTooSlow(revision: Revision): Fault {
  return new Fault(
    'RESOURCE_EXHAUSTED',
    `the watcher reads too slowly; watch again from revision ${revision}`,
    { reason: 'SLOW_WATCHER', metadata: { resumeRevision: String(revision) } },
  );
}
