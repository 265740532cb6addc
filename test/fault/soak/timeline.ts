import type { EventOf, Kind, SoakEvent, Thing, Told } from './events.js';
import { groupBy } from './group-by.js';

/** An operation of a client process. */
export interface Operation {
  readonly begin: EventOf<'begin'>;
  cancel?: EventOf<'cancel'>;
  end?: EventOf<'end'>;
}

/** A grant that its holder heard of, and what the holder believed of it. */
export interface Hold {
  readonly granted: EventOf<'granted'>;
  /** When the acquiring began: the grant is not older. */
  readonly askedAt: number;
  /** The last moment at which the holder believed that it held. */
  believed: EventOf<'belief'> | undefined;
  /** It was found lost. */
  lost: EventOf<'belief'> | undefined;
  yielded?: EventOf<'yielded'>;
  aborted?: EventOf<'aborted'>;
  workEnded?: EventOf<'workEnded'>;
}

export interface Watch {
  readonly begin: EventOf<'watching'>;
  readonly told: EventOf<'told'>[];
  end?: EventOf<'unwatched'>;
}

/** A proof that a grant was made before the stamp of the event. */
export interface Evidence {
  readonly token: number;
  readonly event: SoakEvent;
}

type ByKind = { readonly [K in Kind]?: readonly EventOf<K>[] };

/** A history, sorted by what its events are about. */
export class Timeline {
  readonly events: readonly SoakEvent[];
  readonly operations = new Map<string, Operation>();
  readonly holds = new Map<string, Hold>();
  readonly watches = new Map<string, Watch>();
  readonly #evidence = new Map<Thing, Map<number, SoakEvent>>();
  readonly #byKind: ByKind;

  /** @param events in the order of their stamps. */
  constructor(events: readonly SoakEvent[]) {
    this.events = events;
    this.#byKind = Object.fromEntries(groupBy(events, ({ kind }) => kind)) as ByKind; // so is it grouped
    for (const event of events) this.#add(event);
  }

  all<K extends Kind>(kind: K): readonly EventOf<K>[] {
    return this.#byKind[kind] ?? [];
  }

  /** The time of the last event. */
  get endsAt(): number {
    return this.events.at(-1)?.at ?? 0;
  }

  /** For each token of a thing the earliest proof of its grant, in the order of the tokens. */
  evidenceOf(thing: Thing): Evidence[] {
    const found = [...(this.#evidence.get(thing) ?? [])];
    return found.map(([token, event]) => ({ token, event })).sort((a, b) => a.token - b.token);
  }

  /** The earliest proof that a grant with a higher token was made. */
  successionOf({ granted }: Hold): Evidence | undefined {
    return this.evidenceOf(granted.thing)
      .filter(({ token }) => token > granted.token)
      .reduce<Evidence | undefined>(
        (first, each) => (first === undefined || each.event.at < first.event.at ? each : first),
        undefined,
      );
  }

  /** For how many milliseconds of a span a process stood still; for time bounds only. */
  stalledMs(who: string, from: number, to: number): number {
    return this.all('stall')
      .filter((stall) => stall.who === who)
      .reduce(
        (sum, { at, ms }) => sum + Math.max(0, Math.min(to, at) - Math.max(from, at - ms)),
        0,
      );
  }

  #add(event: SoakEvent): void {
    switch (event.kind) {
      case 'begin':
        this.operations.set(event.op, { begin: event });
        return;
      case 'cancel':
      case 'end':
        Object.assign(this.operations.get(event.op) ?? {}, { [event.kind]: event });
        return;
      case 'granted':
        this.#addHold(event);
        return;
      case 'belief':
        this.#addBelief(event);
        return;
      case 'yielded':
      case 'aborted':
      case 'workEnded':
        Object.assign(this.holds.get(event.hold) ?? {}, { [event.kind]: event });
        return;
      case 'watching':
        this.watches.set(event.watch, { begin: event, told: [] });
        return;
      case 'told':
        this.#addTold(event);
        return;
      case 'unwatched':
        Object.assign(this.watches.get(event.watch) ?? {}, { end: event });
    }
  }

  #addHold(granted: EventOf<'granted'>): void {
    const askedAt = this.operations.get(granted.op)?.begin.at ?? granted.at;
    this.holds.set(granted.hold, { granted, askedAt, believed: undefined, lost: undefined });
    this.#prove(granted.thing, granted.token, granted);
  }

  #addBelief(belief: EventOf<'belief'>): void {
    const hold = this.holds.get(belief.hold);
    if (hold === undefined) return;
    if (belief.believes) hold.believed = belief;
    else if (belief.state === 'LOST') hold.lost ??= belief;
  }

  #addTold(event: EventOf<'told'>): void {
    const watch = this.watches.get(event.watch);
    if (watch === undefined) return;
    watch.told.push(event);
    const token = grantIn(event.told);
    if (token !== undefined) this.#prove(watch.begin.thing, token, event);
  }

  #prove(thing: Thing, token: number, event: SoakEvent): void {
    const known = this.#evidence.get(thing) ?? new Map<number, SoakEvent>();
    this.#evidence.set(thing, known);
    if (!known.has(token)) known.set(token, event);
  }
}

/** The token of a grant that a watch tells of. */
function grantIn({ what, subject }: Told): number | undefined {
  if (what !== 'ACQUIRED' && what !== 'ELECTED') return undefined;
  return Number(subject);
}
