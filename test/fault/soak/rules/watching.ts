import type { EventOf, SoakEvent, Thing, Told, Violation } from '../events.js';
import { groupBy } from '../group-by.js';
import type { Timeline, Watch } from '../timeline.js';

type ToldEvent = EventOf<'told'>;

/** A watch never goes back, not even with a RESYNC: revisions of one subject grow, and those of events altogether. */
export function watchesGoForward(timeline: Timeline): Violation[] {
  return [...timeline.watches.values()].flatMap((watch) => {
    const violations: Violation[] = [];
    const progress = new Progress();
    for (const event of watch.told) {
      const before = progress.newerThan(event);
      if (before !== undefined) violations.push(goesBack(watch, before, event));
      progress.add(event);
    }
    return violations;
  });
}

/** How far a watch has told, of each document by itself and altogether. */
class Progress {
  #last: ToldEvent | undefined;
  readonly #documents = new Map<string, ToldEvent>();

  /** @returns what was told before, and is newer. */
  newerThan({ told: { what, revision, subject } }: ToldEvent): ToldEvent | undefined {
    // That of documents has no revision: the state follows, and SYNCED.
    if (what === 'RESYNC' && revision === 0) return undefined;
    // What was told of the state is not newer than the revision that it is said to be of: there a watch goes on.
    const parts = what === 'SYNCED' ? [...this.#documents.values()] : [];
    const own = what === 'PART' || what === 'PUT' ? this.#documents.get(subject) : undefined;
    const isAgain = what === 'PUT' && own?.told.what === 'PART' && own.told.revision === revision;
    const newer = [own ?? this.#last, ...parts].find(
      (event) => (event?.told.revision ?? 0) > revision,
    );
    return isAgain ? own : newer;
  }

  add(event: ToldEvent): void {
    const { what, revision, subject } = event.told;
    if (what === 'PART' || what === 'PUT') this.#documents.set(subject, event);
    if (what !== 'PART' && (what !== 'RESYNC' || revision > 0)) this.#last = event;
  }
}

/** A watch tells nothing twice, and no event that the state that it told before contains. */
export function watchesTellOnce(timeline: Timeline): Violation[] {
  return [...timeline.watches.values()].flatMap((watch) => {
    const violations: Violation[] = [];
    const seen = new Map<string, ToldEvent>();
    let state: ToldEvent | undefined;
    for (const event of watch.told) {
      if (!isEvent(event.told)) {
        if (event.told.what !== 'PART') state = event;
        continue;
      }
      const key = keyOf(event.told);
      const before = seen.get(key) ?? (isWithin(event, state) ? state : undefined);
      if (before !== undefined) violations.push(repeats(watch, before, event));
      seen.set(key, event);
    }
    return violations;
  });
}

/**
 * Between the first and the last revision that a watch tells, it tells all that anybody knows to have happened, unless a RESYNC
 * says that something may be missing.
 */
export function watchesAreComplete(timeline: Timeline): Violation[] {
  const watches = groupBy(timeline.watches.values(), ({ begin }) => begin.thing);
  const deeds = deedsOf(timeline);
  return [...watches].flatMap(([thing, all]) => {
    const known = new Map<string, { readonly told: Told; readonly event: SoakEvent }>();
    for (const { told, event } of deeds.get(thing) ?? []) known.set(keyOf(told), { told, event });
    for (const event of all.flatMap(({ told }) => told)) {
      if (isEvent(event.told)) known.set(keyOf(event.told), { told: event.told, event });
    }
    const sorted = [...known.values()].sort((a, b) => a.told.revision - b.told.revision);
    return all.flatMap((watch) =>
      spansOf(watch).flatMap(({ after, events, parts, first }) => {
        const last = events.at(-1);
        const told = new Set([...events, ...parts].map((event) => keyOf(event.told)));
        const missed = sorted.find(
          ({ told: { revision }, told: each }) =>
            revision > after && revision < (last?.told.revision ?? 0) && !told.has(keyOf(each)),
        );
        if (last === undefined || missed === undefined) return [];
        const { what, revision, subject } = missed.told;
        return {
          rule: 'watches are complete',
          message:
            `a watch of ${thing} by ${watch.begin.who} skipped ${what} ${subject} of revision ` +
            `${revision}, without a RESYNC`,
          events: [first, missed.event, last],
        };
      }),
    );
  });
}

/** What a watch tells from one state, or its beginning, to the next. */
interface Span {
  /** All up to this revision was known before. */
  readonly after: number;
  readonly first: SoakEvent;
  readonly events: ToldEvent[];
  /** Of the state with which it begins, as the events that made them. */
  readonly parts: readonly ToldEvent[];
}

function spansOf({ begin, told }: Watch): Span[] {
  let span: Span = { after: begin.fromRevision, first: begin, events: [], parts: [] };
  let parts: ToldEvent[] = [];
  const spans: Span[] = begin.fromRevision > 0 ? [span] : [];
  for (const event of told) {
    if (isEvent(event.told)) span.events.push(event);
    else if (event.told.what === 'PART') {
      parts.push({ ...event, told: { ...event.told, what: 'PUT' } });
    } else {
      // Where the state is newer than it says, which is another violation, it contains what came before.
      const newest = Math.max(event.told.revision, ...parts.map((part) => part.told.revision));
      span = { after: newest, first: event, events: [], parts };
      parts = [];
      spans.push(span);
    }
  }
  return spans;
}

/** What those who did it know by themselves: a grant's revision is its token, and a put is told its revision. */
function deedsOf(timeline: Timeline): Map<Thing, { told: Told; event: SoakEvent }[]> {
  const grants = [...timeline.holds.values()].map(({ granted }) => {
    const { thing, token } = granted;
    const what = thing.startsWith('election:') ? 'ELECTED' : 'ACQUIRED';
    return { told: { what, revision: token, subject: String(token) }, event: granted, thing };
  });
  const puts = [...timeline.operations.values()].flatMap(({ begin: { call, thing }, end }) => {
    const revision = end?.value?.revision;
    if (call !== 'put' || end === undefined || revision === undefined) return [];
    return { told: { what: 'PUT', revision, subject: thing }, event: end, thing };
  });
  return groupBy([...grants, ...puts], ({ thing }) => thing);
}

function isEvent({ what }: Told): boolean {
  return !['STATE', 'RESYNC', 'SYNCED', 'PART'].includes(what);
}

function isWithin(event: ToldEvent, state: ToldEvent | undefined): boolean {
  return state !== undefined && event.told.revision <= state.told.revision;
}

function keyOf({ what, revision, subject }: Told): string {
  return `${revision} ${what} ${subject}`;
}

function goesBack({ begin }: Watch, before: ToldEvent, event: ToldEvent): Violation {
  return {
    rule: 'watches go forward',
    message:
      `a watch of ${begin.thing} by ${begin.who} told of revision ${before.told.revision}, and then ` +
      `of ${event.told.revision}`,
    events: [begin, before, event],
  };
}

function repeats({ begin }: Watch, before: ToldEvent, event: ToldEvent): Violation {
  return {
    rule: 'watches tell once',
    message: `a watch of ${begin.thing} by ${begin.who} told of ${keyOf(event.told)} again`,
    events: [begin, before, event],
  };
}
