import { expect } from 'chai';
import { StayAlive } from '../../../src/clock/stay-alive.js';
import { VirtualClock } from '../../../src/clock/virtual-clock.js';
import { SharedLockError } from '../../../src/client/errors.js';
import { truthfulController } from '../../../src/client/keeping/held-signal.js';
import { Keeper } from '../../../src/client/keeping/keeper.js';
import type { KeptLease } from '../../../src/client/keeping/keeper.js';
import type { Renewal, RenewalWays } from '../../../src/client/keeping/renewer.js';
import { Fault } from '../../../src/core/errors.js';
import type { FaultCode } from '../../../src/core/errors.js';

const TTL_MS = 9000;

/** What a try is answered: a TTL after a while, an error after a while, or nothing. */
type Answer =
  { readonly afterMs: number; readonly code?: FaultCode; readonly reason?: string } | 'silence';

/** Ways that answer as they are told, one answer a try, the last one for ever; and remember what was asked when. */
class ScriptedWays implements RenewalWays {
  readonly asked: string[] = [];
  readonly openings: number[] = [];
  readonly warm: boolean[] = [];
  rests = 0;
  /** Of the last try. */
  doubted = (): void => undefined;
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  readonly #answers: Answer[];

  constructor(clock: VirtualClock, answers: readonly Answer[]) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#answers = [...answers];
  }

  renew(_leaseId: string, _timeoutMs: number, doubted: () => void): Renewal {
    this.doubted = doubted;
    this.asked.push(`sent ${Math.round(this.#clock.now() - this.#startMs)}`);
    return { answer: this.#answer(), doubt: () => this.asked.push('doubt') };
  }

  openIn(delayMs: number): void {
    this.openings.push(delayMs);
  }

  keepWarm(isNeeded: boolean): void {
    this.warm.push(isNeeded);
  }

  rest(): void {
    this.rests += 1;
  }

  #answer(): Promise<number> {
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    return new Promise((resolve, reject) => {
      if (answer === undefined || answer === 'silence') return;
      this.#clock.timer(answer.afterMs, () => {
        const { code, reason } = answer;
        const details = reason === undefined ? {} : { reason };
        if (code === undefined) resolve(TTL_MS);
        else reject(new SharedLockError(new Fault(code, 'so it is', details)));
      });
    });
  }
}

describe('The keeping of leases', () => {
  let clock: VirtualClock;
  let ways: ScriptedWays;
  let keeper: Keeper;
  let kept: KeptLease;
  const lostAtMs: number[] = [];

  function keep(...answers: readonly Answer[]): void {
    clock = new VirtualClock(0);
    ways = new ScriptedWays(clock, answers);
    keeper = new Keeper(clock, ways, new StayAlive());
    kept = keeper.keep('1', 0, TTL_MS);
    lostAtMs.length = 0;
    kept.guard.listen(({ kind }) => {
      if (kind === 'LOST') lostAtMs.push(clock.now());
    });
  }

  afterEach(() => {
    kept.stop();
  });

  it('renews over the stream every third of the TTL', async () => {
    keep({ afterMs: 10 });
    await clock.advance(10_000);
    expect(ways.asked).to.deep.equal(['sent 3000', 'sent 6000', 'sent 9000']);
    expect(kept.guard.state).to.include({ kind: 'HELD', sentAtMs: 9000 });
  });

  it('asks another way when no answer comes within a tenth of the TTL', async () => {
    keep('silence');
    await clock.advance(6500);
    expect(ways.asked).to.deep.equal([
      'sent 3000',
      'doubt',
      'sent 3900',
      'doubt',
      'sent 4800',
      'doubt',
      'sent 5700',
    ]);
  });

  it('counts from when the try was sent that was answered', async () => {
    keep('silence', { afterMs: 500 }, { afterMs: 10 });
    await clock.advance(4600);
    expect(kept.guard.state).to.include({ kind: 'HELD', sentAtMs: 3900 });
    await clock.advance(2500);
    expect(ways.asked.at(-1)).to.equal('sent 6900');
  });

  for (const code of ['UNAUTHENTICATED', 'PERMISSION_DENIED'] as const) {
    it(`is not lost by ${code}, but goes on until its deadline, and then tells it`, async () => {
      keep({ afterMs: 10, code });
      await clock.advance(7100);
      expect(kept.guard.refusal).to.equal('so it is');
      expect(lostAtMs).to.deep.equal([]);
      await clock.advance(100);
      expect(lostAtMs).to.deep.equal([7200]);
      expect(kept.guard.state).to.deep.include({
        cause: { kind: 'UNREACHABLE', lateMs: 0, refusal: 'so it is' },
      });
      // With pauses, which grow.
      expect(ways.asked.length).to.be.within(5, 30);
    });
  }

  it('tells of no refusal that was overtaken by a renewal', async () => {
    keep({ afterMs: 10, code: 'UNAUTHENTICATED' }, { afterMs: 10 });
    await clock.advance(3020);
    expect(kept.guard.refusal).to.equal('so it is');
    await clock.advance(100);
    expect(kept.guard.refusal).to.equal(undefined);
    kept.stop();
    keep({ afterMs: 1100, code: 'UNAUTHENTICATED' }, { afterMs: 100 }, 'silence');
    await clock.advance(4200);
    expect(kept.guard.refusal).to.equal(undefined);
  });

  it('takes the first answer, and lets a later one of an earlier try change nothing', async () => {
    keep({ afterMs: 1100 }, { afterMs: 100 }, 'silence');
    await clock.advance(4050);
    expect(kept.guard.state).to.include({ sentAtMs: 3900 });
    await clock.advance(200);
    expect(kept.guard.state).to.include({ sentAtMs: 3900 });
  });

  it('asks again at once when another lease finds that the way is silent, but only once', async () => {
    keep('silence');
    await clock.advance(3200);
    const { doubted } = ways;
    doubted();
    doubted();
    expect(ways.asked).to.deep.equal(['sent 3000', 'doubt', 'sent 3200']);
  });

  it('wants the way to be open long before the first renewal, and after a second at the latest', () => {
    const ways = new ScriptedWays(clock, ['silence']);
    const keeper = new Keeper(clock, ways, new StayAlive());
    for (const ttlMs of [5000, 600_000]) keeper.keep(`${ttlMs}`, clock.now(), ttlMs).stop();
    expect(ways.openings).to.deep.equal([500, 1000]);
  });

  it('wants the next way to be warm as long as a lease of less than 5 s is kept', () => {
    keep('silence');
    const [one, two] = [keeper.keep('2', 0, 4000), keeper.keep('3', 0, 4999)];
    one.stop();
    expect(ways.warm).to.deep.equal([true]);
    two.stop();
    expect(ways.warm).to.deep.equal([true, false]);
  });

  it('tries again soon when a daemon is out of reach, and is never lost by that alone', async () => {
    keep({ afterMs: 1, code: 'UNAVAILABLE' });
    await clock.advance(7199);
    expect(kept.guard.state.kind).to.equal('SUSPECT');
    expect(ways.asked.length).to.be.above(5);
    await clock.advance(1);
    expect(lostAtMs).to.deep.equal([7200]);
  });

  it('asks nothing more once it is lost', async () => {
    keep('silence');
    await clock.advance(8000);
    const { length } = ways.asked;
    await clock.advance(60_000);
    expect(ways.asked).to.have.lengthOf(length);
  });

  it('is lost at once when the lease has ended', async () => {
    keep({ afterMs: 5, code: 'NOT_FOUND' });
    await clock.advance(3010);
    expect(lostAtMs).to.deep.equal([3005]);
    expect(kept.guard.state).to.have.nested.property('cause.kind', 'ENDED');
  });

  it('says that an operator took it away', async () => {
    keep({ afterMs: 5, code: 'NOT_FOUND', reason: 'PREEMPTED' });
    await clock.advance(3010);
    expect(kept.guard.state)
      .to.have.property('cause')
      .that.deep.equals({ kind: 'PREEMPTED', reason: 'so it is' });
  });

  it('renews at once after a stall, before it says HELD', async () => {
    keep({ afterMs: 100 });
    await clock.advance(500);
    await clock.stall(2400);
    expect(kept.guard.state).to.include({ kind: 'SUSPECT', why: 'STALLED' });
    await clock.advance(150);
    expect(ways.asked).to.deep.equal(['sent 2900']);
    expect(kept.guard.state.kind).to.equal('HELD');
  });

  it('renews at once when the machine has slept, which only the wall clock shows', async () => {
    keep({ afterMs: 100 });
    await clock.advance(500);
    clock.jumpWall(3_600_000);
    await clock.advance(550);
    expect(kept.guard.state).to.include({ kind: 'SUSPECT', why: 'STALLED' });
    expect(ways.asked).to.deep.equal(['sent 1000']);
  });

  it('knows that it is lost when it wakes beyond the deadline, before any timer', () => {
    keep('silence');
    void clock.stall(20_000);
    expect(kept.guard.state).to.deep.include({
      kind: 'LOST',
      cause: { kind: 'UNREACHABLE', lateMs: 12_800 },
    });
  });

  it('lets the ways rest once nothing is kept any more', () => {
    keep('silence');
    const other = keeper.keep('other', clock.now(), TTL_MS);
    kept.stop();
    expect(ways.rests).to.equal(0);
    other.stop();
    expect(ways.rests).to.equal(1);
  });

  it('renews nothing after it was stopped', async () => {
    keep({ afterMs: 10 });
    kept.stop();
    await clock.advance(20_000);
    expect(ways.asked).to.deep.equal([]);
    expect(lostAtMs).to.deep.equal([]);
  });
});

describe('A truthful signal', () => {
  it('looks at the clock when it is asked', () => {
    let isLost = false;
    const controller = truthfulController(() => {
      if (isLost) controller.abort(new Error('lost'));
    });
    const { signal } = controller;
    let events = 0;
    signal.addEventListener('abort', () => events++);
    expect(signal.aborted).to.equal(false);
    isLost = true;
    expect(() => signal.throwIfAborted()).to.throw('lost');
    expect(signal.aborted).to.equal(true);
    expect(events).to.equal(1);
  });
});
