import type { EventOf, Kind, SoakEvent, Thing } from './events.js';
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

/** The earliest event that proves something of a token. */
type ProofsByToken = Map<Thing, Map<number, SoakEvent>>;

/** What watches call a grant, and its end; the subject is the token. */
const GRANTS: ReadonlySet<string> = new Set(['ACQUIRED', 'ELECTED']);
const ENDS: ReadonlySet<string> = new Set(['RELEASED', 'VACATED']);

type ByKind = { readonly [K in Kind]?: readonly EventOf<K>[] };

/** A history, sorted by what its events are about. */
export class Timeline {
  readonly events: readonly SoakEvent[];
  readonly operations = new Map<string, Operation>();
  readonly holds = new Map<string, Hold>();
  readonly watches = new Map<string, Watch>();
  readonly #grants: ProofsByToken = new Map();
  readonly #ends: ProofsByToken = new Map();
  readonly #byKind: ByKind;

  /** @param events in the order of their stamps. */
  constructor(events: readonly SoakEvent[]) {
    this.events = events;
    this.#byKind = Object.fromEntries(groupBy(events, ({ kind }) => kind));
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
    const found = [...(this.#grants.get(thing) ?? [])];
    return found.map(([token, event]) => ({ token, event })).sort((a, b) => a.token - b.token);
  }

  /** The earliest proof that a hold was over: that it was told to have ended, or that a grant with a higher token was made. */
  endOf({ granted: { thing, token } }: Hold): SoakEvent | undefined {
    const newer = this.evidenceOf(thing).filter((each) => each.token > token);
    const proofs = [this.#ends.get(thing)?.get(token), ...newer.map(({ event }) => event)];
    return proofs
      .filter((event) => event !== undefined)
      .reduce<SoakEvent | undefined>(
        (first, event) => (first === undefined || event.at < first.at ? event : first),
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
        return;
      default:
    }
  }

  #addHold(granted: EventOf<'granted'>): void {
    const askedAt = this.operations.get(granted.op)?.begin.at ?? granted.at;
    this.holds.set(granted.hold, { granted, askedAt, believed: undefined, lost: undefined });
    prove(this.#grants, granted.thing, granted.token, granted);
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
    const { what, subject } = event.told;
    const { thing } = watch.begin;
    if (GRANTS.has(what)) prove(this.#grants, thing, Number(subject), event);
    if (ENDS.has(what)) prove(this.#ends, thing, Number(subject), event);
  }
}

function prove(proofs: ProofsByToken, thing: Thing, token: number, event: SoakEvent): void {
  const known = proofs.get(thing) ?? new Map<number, SoakEvent>();
  proofs.set(thing, known);
  if (!known.has(token)) known.set(token, event);
}
