import type { SoakEvent, Violation } from './events.js';
import { nothingHangs, watchesArrive } from './rules/bounds.js';
import {
  earlyEnds,
  exclusion,
  signalBeforeSuccession,
  workKeepsItsLock,
} from './rules/exclusion.js';
import {
  errorsAreDocumented,
  failuresHaveCauses,
  nothingIsLeft,
  onlySignalsCancel,
  processesLive,
  watchesEndForReasons,
} from './rules/failures.js';
import { staleWritesAreRefused, tokensGrow } from './rules/fencing.js';
import { documentsAreExact, linearizable } from './rules/values.js';
import { watchesAreComplete, watchesGoForward, watchesTellOnce } from './rules/watching.js';
import { Timeline } from './timeline.js';

const RULES: readonly ((timeline: Timeline) => Violation[])[] = [
  ...[exclusion, signalBeforeSuccession, workKeepsItsLock],
  ...[tokensGrow, staleWritesAreRefused],
  ...[linearizable, documentsAreExact],
  ...[watchesGoForward, watchesTellOnce, watchesAreComplete, watchesArrive],
  watchesEndForReasons,
  ...[nothingHangs, errorsAreDocumented, onlySignalsCancel, failuresHaveCauses],
  ...[processesLive, nothingIsLeft],
];

/** What a history shows. */
export interface Findings {
  readonly violations: readonly Violation[];
  /** Grants that etcd ended before the end that it had acknowledged: not promised to be absent, and so counted apart. */
  readonly earlyEnds: number;
  /** What happened, by kind, for people. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Checks a history, whose events are in the order of their stamps, by all rules. */
export function check(history: readonly SoakEvent[]): Findings {
  const timeline = new Timeline(history);
  return {
    violations: RULES.flatMap((rule) => rule(timeline)),
    earlyEnds: earlyEnds(timeline).length,
    counts: countsOf(timeline),
  };
}

function countsOf(timeline: Timeline): Record<string, number> {
  const operations = [...timeline.operations.values()];
  const holds = [...timeline.holds.values()];
  return {
    events: timeline.events.length,
    operations: operations.length,
    'failed operations': operations.filter(({ end }) => end?.outcome === 'error').length,
    grants: holds.length,
    'lost grants': holds.filter(({ lost }) => lost !== undefined).length,
    'refused stale writes': operations.filter(({ end }) => end?.error?.reason === 'STALE_TOKEN')
      .length,
    watches: timeline.watches.size,
    'watch events': timeline.all('told').length,
    resyncs: timeline.all('told').filter(({ told }) => told.what === 'RESYNC').length,
    faults: timeline.all('fault').length,
  };
}
