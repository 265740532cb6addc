import { expect } from 'chai';
import fc from 'fast-check';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { heldSince, marginMs, nextState, nextTickAtMs } from '../../../src/core/lease-state.js';
import type { LeaseEvent, LeaseState } from '../../../src/core/lease-state.js';
import { hasStalled } from '../../../src/core/stall.js';

const TTL_MS = 10_000;

function after(state: LeaseState, ...events: readonly LeaseEvent[]): LeaseState {
  return events.reduce(nextState, state);
}

function ticked(nowMs: number): LeaseEvent {
  return { kind: 'TICKED', nowMs };
}

function renewed(nowMs: number, sentAtMs: number, ttlMs = TTL_MS): LeaseEvent {
  return { kind: 'RENEWED', nowMs, sentAtMs, ttlMs };
}

describe('The state of a lease', () => {
  const held = heldSince(0, TTL_MS);

  it('is SUSPECT at half of the TTL, LOST at the TTL less the margin', () => {
    expect(after(held, ticked(4999)).kind).to.equal('HELD');
    expect(after(held, ticked(5000))).to.include({ kind: 'SUSPECT', why: 'OVERDUE' });
    expect(after(held, ticked(7999)).kind).to.equal('SUSPECT');
    expect(after(held, ticked(8250))).to.deep.equal({
      kind: 'LOST',
      cause: { kind: 'UNREACHABLE', lateMs: 250 },
      atMs: 8250,
    });
  });

  it('takes 20 % for its margin, at least 1 s, at most half of the TTL', () => {
    expect([60_000, 10_000, 3000, 2000, 1000].map(marginMs)).to.deep.equal([
      12_000, 2000, 1000, 1000, 500,
    ]);
  });

  it('counts from when the renewal was sent, not from its answer', () => {
    const state = after(held, renewed(4000, 3000));
    expect(state).to.include({ kind: 'HELD', suspectAtMs: 8000, lostAtMs: 11_000 });
  });

  it('is HELD again by a renewal that was sent while it was SUSPECT', () => {
    expect(after(held, ticked(6000), renewed(6200, 6100)).kind).to.equal('HELD');
  });

  it('stays SUSPECT if the renewal was sent so long ago that it is overdue itself', () => {
    const state = after(held, ticked(6000), renewed(7000, 1000));
    expect(state).to.include({ kind: 'SUSPECT', lostAtMs: 9000 });
  });

  it('takes no notice of the answer of an earlier renewal', () => {
    const state = after(held, renewed(3000, 2000));
    expect(after(state, renewed(3500, 1000))).to.equal(state);
  });

  it('is not saved by an answer that is handled after the deadline', () => {
    expect(after(held, renewed(8100, 7900)).kind).to.equal('LOST');
  });

  it('never takes a renewal as sent later than now', () => {
    expect(after(held, renewed(1000, 5000))).to.include({ sentAtMs: 1000 });
  });

  context('when the process stood still', () => {
    const stalled = after(held, { kind: 'STALLED', nowMs: 2000 });

    it('is SUSPECT at once', () => {
      expect(stalled).to.include({ kind: 'SUSPECT', why: 'STALLED' });
    });

    it('is not made HELD by a renewal that was sent before', () => {
      expect(after(stalled, renewed(2100, 1900))).to.include({ kind: 'SUSPECT', lostAtMs: 9900 });
    });

    it('is made HELD by a renewal that was sent since', () => {
      expect(after(stalled, renewed(2100, 2000)).kind).to.equal('HELD');
    });
  });

  it('is LOST with the cause that the server gave', () => {
    const cause = { kind: 'PREEMPTED', reason: 'it hangs' } as const;
    const state = after(held, { kind: 'ENDED', nowMs: 10, cause });
    expect(state).to.deep.equal({ kind: 'LOST', cause, atMs: 10 });
  });

  it('names the next deadline, and none once it is LOST', () => {
    expect(nextTickAtMs(held)).to.equal(5000);
    expect(nextTickAtMs(after(held, ticked(5000)))).to.equal(8000);
    expect(nextTickAtMs(after(held, ticked(8000)))).to.equal(undefined);
  });
});

const anyTtlMs = fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1000);

/** A history: steps forward in time, each with an event; renewals were sent some time before. */
const anyHistory = fc.tuple(
  anyTtlMs,
  fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 0.6, noNaN: true }),
      kind: fc.constantFrom('TICKED', 'RENEWED', 'RENEWED', 'STALLED', 'ENDED'),
      sentShare: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
    { maxLength: 30 },
  ),
);

interface Step {
  readonly before: LeaseState;
  readonly event: LeaseEvent;
  readonly after: LeaseState;
}

function play([ttlMs, steps]: typeof anyHistory extends fc.Arbitrary<infer T> ? T : never): Step[] {
  let nowMs = 0;
  let state: LeaseState = heldSince(0, ttlMs);
  return steps.map(({ share, kind, sentShare }) => {
    nowMs += share * ttlMs;
    const event: LeaseEvent =
      kind === 'RENEWED'
        ? { kind, nowMs, sentAtMs: nowMs - sentShare * ttlMs, ttlMs }
        : kind === 'ENDED'
          ? { kind, nowMs, cause: { kind: 'ENDED' } }
          : { kind, nowMs };
    const before = state;
    state = nextState(state, event);
    return { before, event, after: state };
  });
}

describe('The state of a lease, whatever happens', () => {
  function always(property: (steps: readonly Step[], ttlMs: number) => void): void {
    fc.assert(fc.property(anyHistory, (history) => property(play(history), history[0])));
  }

  it('is LOST for ever once it is', () => {
    always((steps) => {
      for (const { before, after } of steps) {
        if (before.kind === 'LOST') expect(after).to.equal(before);
      }
    });
  });

  it('is never HELD half a TTL after the newest renewal was sent, nor SUSPECT at the deadline', () => {
    always((steps, ttlMs) => {
      let newestSentMs = 0;
      for (const { event, after } of steps) {
        if (event.kind === 'RENEWED') newestSentMs = Math.max(newestSentMs, event.sentAtMs);
        const age = event.nowMs - newestSentMs;
        if (after.kind === 'HELD') expect(age).to.be.below(ttlMs / 2);
        if (after.kind === 'SUSPECT') expect(age).to.be.below(ttlMs - marginMs(ttlMs));
      }
    });
  });

  it('never lasts beyond the send time of a renewal and the TTL', () => {
    always((steps, ttlMs) => {
      const sentMs = [0];
      for (const { event, after } of steps) {
        if (event.kind === 'RENEWED') sentMs.push(event.sentAtMs);
        if (after.kind === 'LOST') continue;
        expect(sentMs).to.include(after.sentAtMs);
        expect(after.lostAtMs).to.be.below(after.sentAtMs + ttlMs);
      }
    });
  });

  it('never goes back in what it has: a later event does not bring the deadline forward', () => {
    always((steps) => {
      for (const { before, after } of steps) {
        if (before.kind === 'LOST' || after.kind === 'LOST') continue;
        expect(after.lostAtMs).to.be.at.least(before.lostAtMs);
      }
    });
  });

  it('is not HELD after a stall before a renewal that was sent since', () => {
    always((steps) => {
      let stalledMs = -1;
      for (const { event, after } of steps) {
        if (event.kind === 'STALLED') stalledMs = event.nowMs;
        if (after.kind === 'HELD') expect(after.sentAtMs).to.be.at.least(stalledMs);
      }
    });
  });

  it('reaches LOST with one timer, exactly at the deadline, when nothing renews it', async () => {
    await fc.assert(
      fc.asyncProperty(anyTtlMs, async (ttlMs) => {
        const clock = new VirtualClock(0);
        let state: LeaseState = heldSince(0, ttlMs);
        const arm = (): void => {
          const dueMs = nextTickAtMs(state);
          if (dueMs === undefined) return;
          clock.timer(dueMs - clock.now(), () => {
            state = nextState(state, ticked(clock.now()));
            arm();
          });
        };
        arm();
        await clock.advance(ttlMs);
        expect(state).to.deep.include({ kind: 'LOST', atMs: ttlMs - marginMs(ttlMs) });
      }),
      { numRuns: 20 },
    );
  });
});

describe('A stall', () => {
  const start = { monotonicMs: 0, wallMs: 1_000_000 };
  const later = (monotonicMs: number, wallMs: number) => ({
    monotonicMs,
    wallMs: 1_000_000 + wallMs,
  });

  it('shows as a tick that comes late', () => {
    expect(hasStalled(start, later(3000, 3000), 1000)).to.equal(true);
    expect(hasStalled(start, later(1900, 1900), 1000)).to.equal(false);
  });

  it('shows as a wall clock that went on while the monotonic one stood still', () => {
    expect(hasStalled(start, later(1000, 60_000), 1000)).to.equal(true);
  });

  it('is not seen in a wall clock that was set back', () => {
    expect(hasStalled(start, later(1000, -3_600_000), 1000)).to.equal(false);
  });
});
