import { SOAK, type Violation } from '../events.js';
import type { Operation, Timeline } from '../timeline.js';

/** Beyond the documented bound of a call: a turn of the event loop, on a machine that others use too. */
const SLACK_MS = 1500;
/** After its signal a call ends at once. */
const CANCEL_MS = 500;

/** Every operation ends within the bound that is documented for it, and at once when its signal aborts. */
export function nothingHangs(timeline: Timeline): Violation[] {
  return [...timeline.operations.values()].flatMap((operation) => {
    const { begin, cancel, end } = operation;
    const untilAt = end?.at ?? processEndOf(timeline, begin.who);
    if (untilAt === undefined) return [];
    const took = untilAt - begin.at;
    if (took > begin.boundMs + SLACK_MS + allowance(timeline, begin.who, begin.at, untilAt)) {
      return hung(operation, `after ${Math.round(took)} ms, not ${begin.boundMs} ms`);
    }
    if (cancel === undefined || end?.outcome === 'ok') return [];
    const late = untilAt - cancel.at;
    if (late <= CANCEL_MS + allowance(timeline, begin.who, cancel.at, untilAt)) return [];
    return hung(operation, `${Math.round(late)} ms after its signal`);
  });
}

/** Once all faults are over every watch tells of what was written last. */
export function watchesArrive(timeline: Timeline): Violation[] {
  const settles = timeline.all('settle');
  return [...timeline.watches.values()].flatMap(({ begin, told, end }) => {
    return settles
      .filter(({ thing, at }) => thing === begin.thing && begin.at < at)
      .flatMap((settle) => {
        const { who } = begin;
        // What was written before the watch begins is not its to tell.
        if (begin.fromRevision >= settle.revision) return [];
        if (told.some((event) => event.told.revision >= settle.revision)) return [];
        const untilAt = end?.at ?? processEndOf(timeline, who);
        const boundMs = settle.boundMs + timeline.stalledMs(who, settle.at, untilAt ?? settle.at);
        if (untilAt === undefined || untilAt < settle.at + boundMs) return [];
        return {
          rule: 'watches arrive',
          message: `a watch of ${begin.thing} by ${who} has not told of revision ${settle.revision} within ${settle.boundMs} ms`,
          events: [begin, ...told.slice(-1), settle],
        };
      });
  });
}

/** @returns when a process ended by itself, or the history did; undefined if it was killed: what it did is open for ever. */
function processEndOf(timeline: Timeline, who: string): number | undefined {
  const exit = timeline.all('exited').find(({ process }) => process === who);
  if (exit === undefined) return timeline.endsAt;
  return exit.expected ? undefined : exit.at;
}

/** How long the process stood still, and the soak's own one, which shows what the machine could not do. */
function allowance(timeline: Timeline, who: string, from: number, to: number): number {
  return timeline.stalledMs(who, from, to) + timeline.stalledMs(SOAK, from, to);
}

function hung({ begin, cancel, end }: Operation, how: string): Violation {
  const events = [begin, cancel, end].filter((event) => event !== undefined);
  const done = end === undefined ? 'has not ended' : 'ended';
  const { call, thing, who } = begin;
  return { rule: 'nothing hangs', message: `${call} of ${thing} by ${who} ${done} ${how}`, events };
}
