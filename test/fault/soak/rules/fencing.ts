import type { SoakEvent, Violation } from '../events.js';
import { groupBy } from '../group-by.js';
import type { Timeline } from '../timeline.js';

/** A grant that was asked for after another one was there has the higher token; and no token is given twice. */
export function tokensGrow(timeline: Timeline): Violation[] {
  const violations: Violation[] = [];
  for (const holds of byThing(timeline).values()) {
    const asked = [...holds].sort((a, b) => a.askedAt - b.askedAt);
    const known = [...holds].sort((a, b) => a.granted.at - b.granted.at);
    let highest: SoakGrant | undefined;
    for (const hold of asked) {
      for (let next = known[0]; next && next.granted.at < hold.askedAt; next = known[0]) {
        known.shift();
        if (next.granted.token > (highest?.token ?? 0)) highest = next.granted;
      }
      if (highest === undefined || hold.granted.token > highest.token) continue;
      violations.push({
        rule: 'tokens grow',
        message: `token ${hold.granted.token} of ${hold.granted.thing} was granted after ${highest.token}`,
        events: [highest, hold.granted],
      });
    }
    violations.push(...twice(holds.map(({ granted }) => granted)));
  }
  return violations;
}

/** A fenced write that began when a newer grant was there is refused. */
export function staleWritesAreRefused(timeline: Timeline): Violation[] {
  return [...timeline.operations.values()].flatMap(({ begin, end }) => {
    const { fence } = begin;
    if (fence === undefined || end?.outcome !== 'ok') return [];
    const newer = timeline
      .evidenceOf(fence.thing)
      .find(({ token, event }) => token > fence.token && event.at < begin.at);
    if (newer === undefined) return [];
    return {
      rule: 'stale writes are refused',
      message:
        `${begin.call} to ${begin.thing} under token ${fence.token} of ${fence.thing} was done, ` +
        `though token ${newer.token} had been granted before it began`,
      events: [newer.event, begin, end],
    };
  });
}

type SoakGrant = Extract<SoakEvent, { kind: 'granted' }>;
interface AskedGrant {
  readonly granted: SoakGrant;
  readonly askedAt: number;
}

function byThing(timeline: Timeline): Map<string, AskedGrant[]> {
  return groupBy([...timeline.holds.values()], ({ granted }) => granted.thing);
}

function twice(grants: readonly SoakGrant[]): Violation[] {
  return [...groupBy(grants, ({ token }) => token)].flatMap(([token, same]) =>
    same.length === 1
      ? []
      : {
          rule: 'tokens grow',
          message: `token ${token} of ${same[0]?.thing ?? ''} was granted ${same.length} times`,
          events: same,
        },
  );
}
