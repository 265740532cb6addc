import type { EventOf, Thing, Violation } from '../events.js';
import { groupBy } from '../group-by.js';
import type { Operation, Timeline } from '../timeline.js';

/** A write or a read that was answered. */
interface Answered {
  readonly begin: EventOf<'begin'>;
  readonly end: EventOf<'end'>;
  readonly number: number;
  readonly isWrite: boolean;
}

/**
 * Counters, to which only 1 is added, and documents, of which each write makes the next version, are linearizable: each write
 * has a number of its own, and the numbers follow real time, with those of reads between them.
 */
export function linearizable(timeline: Timeline): Violation[] {
  const byThing = groupBy(timeline.operations.values(), ({ begin }) => begin.thing);
  return [...byThing].flatMap(([thing, operations]) => {
    const answered = operations.flatMap(answerOf);
    return answered.length === 0
      ? []
      : [...unique(answered), ...inOrder(answered), ...noneLost(thing, operations, answered)];
  });
}

/** What is read of a version is what was written as that version. */
export function documentsAreExact(timeline: Timeline): Violation[] {
  const written = new Map<string, Operation>();
  const texts = new Set<string>();
  for (const operation of timeline.operations.values()) {
    const { begin, end } = operation;
    if (begin.text === undefined) continue;
    texts.add(`${begin.thing} ${begin.text}`);
    if (end?.value !== undefined) written.set(`${begin.thing} ${end.value.number}`, operation);
  }
  return [...timeline.operations.values()].flatMap(({ begin, end }) => {
    if (end?.value?.text === undefined) return [];
    const { number, text } = end.value;
    const write = written.get(`${begin.thing} ${number}`);
    const isKnown = texts.has(`${begin.thing} ${text}`);
    if (isKnown && (write === undefined || write.begin.text === text)) return [];
    return {
      rule: 'documents are exact',
      message: `version ${number} of ${begin.thing} was read as ${text}, which was not written as that`,
      events: [...(write === undefined ? [] : [write.begin]), begin, end],
    };
  });
}

function answerOf({ begin, end }: Operation): Answered[] {
  if (end?.outcome !== 'ok' || end.value === undefined) return [];
  return [{ begin, end, number: end.value.number, isWrite: begin.call !== 'get' }];
}

function unique(answered: readonly Answered[]): Violation[] {
  const writes = groupBy(
    answered.filter(({ isWrite }) => isWrite),
    ({ number }) => number,
  );
  return [...writes.values()].flatMap((same) =>
    same.length === 1
      ? []
      : {
          rule: 'each write has a value of its own',
          message: `${same.length} writes of ${same[0]?.begin.thing ?? ''} made ${same[0]?.number ?? 0}`,
          events: same.flatMap(({ begin, end }) => [begin, end]),
        },
  );
}

/** What began after another had ended has the higher number; a read may have the same. */
function inOrder(answered: readonly Answered[]): Violation[] {
  const ended = [...answered].sort((a, b) => a.end.at - b.end.at);
  const begun = [...answered].sort((a, b) => a.begin.at - b.begin.at);
  const violations: Violation[] = [];
  let highest: Answered | undefined;
  let next = 0;
  for (const each of begun) {
    for (let one = ended[next]; one && one.end.at < each.begin.at; one = ended[++next]) {
      if (highest === undefined || one.number > highest.number) highest = one;
    }
    if (highest === undefined) continue;
    if (each.isWrite ? each.number > highest.number : each.number >= highest.number) continue;
    violations.push({
      rule: 'values follow real time',
      message: `${each.begin.thing} was ${highest.number}, and then ${each.number}`,
      events: [highest.begin, highest.end, each.begin, each.end],
    });
  }
  return violations;
}

/** Numbers below the highest one that no answered write made were made by writes whose outcome is not known. */
function noneLost(
  thing: Thing,
  operations: readonly Operation[],
  answered: readonly Answered[],
): Violation[] {
  const highest = answered.reduce((one, other) => (other.number > one.number ? other : one));
  const isDocument = thing.startsWith('document:');
  const upTo = isDocument ? highest.number + 1 : highest.number;
  const known = new Set(answered.filter(({ isWrite }) => isWrite).map(({ number }) => number));
  const unknown = operations.filter(
    ({ begin, end }) => begin.call !== 'get' && begin.at < highest.end.at && isUnknown(end),
  );
  if (upTo - known.size <= unknown.length) return [];
  return [
    {
      rule: 'nothing is counted twice',
      message:
        `${thing} came to ${upTo} writes, of which ${known.size} were acknowledged, ` +
        `and only ${unknown.length} have an unknown outcome`,
      events: [highest.begin, highest.end],
    },
  ];
}

/** Whether a write may have been done all the same. */
function isUnknown(end: EventOf<'end'> | undefined): boolean {
  if (end === undefined || end.outcome === 'cancelled') return true;
  return end.outcome === 'error' && end.error?.code !== 'FAILED_PRECONDITION';
}
