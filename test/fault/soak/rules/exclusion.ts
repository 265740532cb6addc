import type { EventOf, SoakEvent, Violation } from '../events.js';
import type { Hold, Timeline } from '../timeline.js';

/** A listener of a signal may be called so late without a stall of the process: a turn of the event loop. */
const TURN_MS = 20;
/** The margin by which a client counts a lease as lost before it is: at least so much, and at most half of a TTL. */
const MARGIN_MS = 1000;
/** The name of the fault after which etcd may end a lease before its time. */
export const LEADER_STOPPED = 'etcd leader stopped';

/** Beliefs beyond the next grant that etcd's early revocation explains, which is not promised to be absent. */
export interface EarlyEnd {
  readonly hold: Hold;
  readonly proof: readonly SoakEvent[];
}

/** No two believe at the same time: what a holder believed ends before the first proof that its hold is over. */
export function exclusion(timeline: Timeline): Violation[] {
  return [...timeline.holds.values()].flatMap((hold) => {
    const next = timeline.endOf(hold);
    const last = hold.believed;
    if (next === undefined || last === undefined || last.at <= next.at) return [];
    if (earlyEndOf(timeline, hold, next) !== undefined) return [];
    const lateMs = Math.round(last.at - next.at);
    return {
      rule: 'one holder at a time',
      message:
        `${last.who} believed for ${lateMs} ms that it held ${hold.granted.thing} with token ` +
        `${hold.granted.token}, after that was over`,
      events: [hold.granted, next, last],
    };
  });
}

/** A loss is told by the signal before the next grant, except for as long as the process itself stood still. */
export function signalBeforeSuccession(timeline: Timeline): Violation[] {
  return [...timeline.holds.values()].flatMap((hold) => {
    const next = timeline.endOf(hold);
    const { aborted, granted, yielded } = hold;
    if (next === undefined || yielded !== undefined) return [];
    // One that was never told, and was seen to live on after the next grant, had long enough.
    const toldAt = aborted?.at ?? lastSeenAt(timeline, granted.who);
    const sinceMs = next.at - MARGIN_MS;
    const excusedMs = timeline.stalledMs(granted.who, sinceMs, toldAt) + TURN_MS;
    if (toldAt <= next.at + excusedMs) return [];
    if (earlyEndOf(timeline, hold, next) !== undefined) return [];
    const when = aborted === undefined ? 'not at all' : `${Math.round(toldAt - next.at)} ms late`;
    return {
      rule: 'signal before succession',
      message:
        `${granted.who} was told ${when} of the loss of ${granted.thing} with token ` +
        `${granted.token}`,
      events: [granted, next, ...(aborted === undefined ? [] : [aborted])],
    };
  });
}

/** While a client closes, the lock stays with the work under it: nobody else is granted it before that has ended. */
export function workKeepsItsLock(timeline: Timeline): Violation[] {
  return [...timeline.holds.values()].flatMap((hold) => {
    const next = timeline.endOf(hold);
    const { workEnded, aborted, lost } = hold;
    if (next === undefined || workEnded === undefined || lost !== undefined) return [];
    // Lost, as its holder was told, or taken from it early: others are right to take it.
    if (aborted?.why.name === 'LockLostError' || workEnded.at <= next.at) return [];
    return {
      rule: 'work keeps its lock',
      message:
        `the work of ${workEnded.who} under ${hold.granted.thing} went on for ` +
        `${Math.round(workEnded.at - next.at)} ms after it had been given back`,
      events: [hold.granted, ...(aborted === undefined ? [] : [aborted]), next, workEnded],
    };
  });
}

/** All that etcd ended before the end that it had acknowledged, each with its proof. */
export function earlyEnds(timeline: Timeline): EarlyEnd[] {
  return [...timeline.holds.values()].flatMap((hold) => {
    const next = timeline.endOf(hold);
    const last = hold.believed;
    if (next === undefined || last === undefined || last.at <= next.at) return [];
    return earlyEndOf(timeline, hold, next) ?? [];
  });
}

/**
 * The proof takes two things: a watch told that the hold's lease expired (it was neither released nor revoked; elections don't tell
 * how a term ended), and a leader of etcd had been stopped and woken, during the hold or up to a TTL before.
 */
function earlyEndOf(timeline: Timeline, hold: Hold, next: SoakEvent): EarlyEnd | undefined {
  const { thing, token, ttlMs, at } = hold.granted;
  const expired = [...timeline.watches.values()]
    .filter(({ begin }) => begin.thing === thing)
    .flatMap(({ told }) => told)
    .find(({ told: { what, cause, subject } }) => {
      return subject === String(token) && (cause === 'EXPIRED' || what === 'VACATED');
    });
  const stopped = timeline
    .all('fault')
    .find((fault) => fault.name === LEADER_STOPPED && wokeWithin(fault, at - ttlMs, next.at));
  if (expired === undefined || stopped === undefined) return undefined;
  return { hold, proof: [hold.granted, stopped, expired, next] };
}

function wokeWithin({ at, ms }: EventOf<'fault'>, from: number, to: number): boolean {
  return at + ms >= from && at + ms <= to;
}

function lastSeenAt(timeline: Timeline, who: string): number {
  return timeline.events.findLast((event) => event.who === who)?.at ?? 0;
}
