import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { DEFAULT_LIMITS } from '../../../src/core/limits.js';
import { follow, type Step, type Subject } from '../../../src/service/follow.js';
import type { SubjectListener } from '../../../src/service/follow.js';
import { WatchPool } from '../../../src/service/watch-pool.js';
import type { Revision, StoreEvent } from '../../../src/store/store.js';
import { caller, collect, faultOf } from '../../support/services.js';

const EVENT: StoreEvent = {
  kind: 'put',
  entry: { key: 'k', value: 'v', createRevision: 1, modRevision: 1, version: 1 },
};

/** A subject whose store is the test. Its state is its revision; each event is a change. */
class Thing implements Subject<Revision, string> {
  now: Revision = 10;
  watchedFrom: Revision[] = [];
  open = 0;
  listener: SubjectListener | undefined;
  tells: Subject<Revision, string>['changes'] = (revision, events) =>
    events.map((_, index) => `${revision}.${index}`);

  readonly farthestBehind: number;

  constructor(farthestBehind = Infinity) {
    this.farthestBehind = farthestBehind;
  }

  look() {
    return Promise.resolve({ revision: this.now, state: this.now });
  }

  revision() {
    return Promise.resolve(this.now);
  }

  watch(from: Revision, listener: SubjectListener) {
    this.watchedFrom.push(from);
    this.open++;
    this.listener = listener;
    const close = (): void => {
      if (this.listener !== listener) return;
      this.listener = undefined;
      this.open--;
    };
    return { close };
  }

  changes(revision: Revision, events: readonly StoreEvent[]) {
    return this.tells(revision, events);
  }

  happens(revision: Revision, count = 1): void {
    this.now = revision;
    this.listener?.events(revision, Array<StoreEvent>(count).fill(EVENT));
  }
}

describe('follow', () => {
  let thing: Thing;
  let gone: AbortController;
  const watches = new WatchPool(10);

  beforeEach(() => {
    thing = new Thing();
    gone = new AbortController();
  });

  const open = (from: Revision, watchBacklog = 100) =>
    follow(
      { limits: { ...DEFAULT_LIMITS, watchBacklog }, watches },
      thing,
      from,
      caller(gone.signal),
    );

  const brief = (step: Step<Revision, string>): string => {
    if (step.kind === 'changes') return step.changes.join(' ');
    return `${step.isResync ? 'RESYNC' : 'STATE'} ${step.state}`;
  };

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  /** What is told while `act` makes things happen. */
  async function told(from: Revision, act: () => Promise<void> | void): Promise<string[]> {
    const { events, done } = collect(await open(from));
    await settled();
    await act();
    await settled();
    gone.abort();
    expect(await done).to.equal('ended');
    expect(thing.open).to.equal(0);
    return events.map(brief);
  }

  it('begins with the state, and tells every change after it', async () => {
    const act = (): void => {
      thing.happens(11);
      thing.happens(14, 2);
    };
    expect(await told(0, act)).to.deep.equal(['STATE 10', '11.0', '14.0 14.1']);
    expect(thing.watchedFrom).to.deep.equal([11]);
  });

  it('resumes after a revision', async () => {
    expect(await told(7, () => thing.happens(11))).to.deep.equal(['11.0']);
    expect(thing.watchedFrom).to.deep.equal([8]);
  });

  it('begins with RESYNC for one who resumes too far behind, and not for others', async () => {
    thing = new Thing(3);
    expect(await told(7, () => thing.happens(11))).to.deep.equal(['11.0']);
    gone = new AbortController();
    expect(await told(7, () => thing.happens(12))).to.deep.equal(['RESYNC 11', '12.0']);
  });

  it('tells RESYNC where what happened can not be told any more, and nothing from before it', async () => {
    thing.tells = (revision) => (revision === 12 ? undefined : Promise.resolve([`${revision}`]));
    const act = async (): Promise<void> => {
      thing.happens(11);
      thing.happens(12);
      thing.happens(13);
      await settled();
      thing.happens(14);
    };
    expect(await told(0, act)).to.deep.equal(['STATE 10', '11', 'RESYNC 13', '14']);
    expect(thing.watchedFrom).to.deep.equal([11, 14]);
  });

  it('tells RESYNC to one who was in step, whose history is gone', async () => {
    const act = async (): Promise<void> => {
      thing.happens(11);
      thing.listener?.ended({ reason: 'compacted', compactRevision: 20 });
      thing.now = 20;
      await settled();
      thing.happens(21);
    };
    expect(await told(0, act)).to.deep.equal(['STATE 10', '11.0', 'RESYNC 20', '21.0']);
  });

  it('tells RESYNC where to catch up would cost too much', async () => {
    const act = (): void => thing.listener?.ended({ reason: 'behind' });
    expect(await told(5, act)).to.deep.equal(['RESYNC 10']);
  });

  it('refuses one who asks for a history that is gone', async () => {
    const { done } = collect(await open(5));
    thing.listener?.ended({ reason: 'compacted', compactRevision: 8 });
    expect(await done).to.have.nested.property('details.reason', 'COMPACTED');
  });

  it('says up to where all was told to one who was too slow, whatever waited for it', async () => {
    const stream = await open(5, 2);
    for (const revision of [11, 12, 13]) thing.happens(revision);
    const steps: string[] = [];
    const reading = (async () => {
      for await (const step of stream) steps.push(brief(step));
    })();
    const fault = await faultOf(reading);
    expect(steps).to.deep.equal(['11.0', '12.0']);
    expect(fault).to.have.nested.property('details.metadata.resumeRevision', '12');
  });

  it('says so too if a change among those that waited could not be told any more', async () => {
    thing.tells = (revision) => (revision === 12 ? undefined : [`${revision}`]);
    const stream = await open(5, 2);
    for (const revision of [11, 12, 13]) thing.happens(revision);
    const fault = await collect(stream).done;
    expect(fault).to.have.nested.property('details.metadata.resumeRevision', '11');
  });

  it('passes on a revision with more changes than may wait', async () => {
    const { events } = collect(await open(5, 2));
    await settled();
    thing.happens(11, 50);
    await settled();
    expect(events[0]).to.have.property('changes').that.has.length(50);
    gone.abort();
  });

  it('ends with the fault if changes, or the state after a loss, can not be found out', async () => {
    thing.tells = () => Promise.reject(unavailable('away'));
    const failing = collect(await open(0));
    thing.happens(11);
    expect(await failing.done).to.have.property('message', 'away');
    thing.tells = () => {
      throw new Error('a defect');
    };
    const broken = collect(await open(0));
    thing.happens(12);
    expect(await broken.done).to.have.nested.property('details.reason', 'WATCH_LOST');
    thing.look = () => Promise.reject(unavailable('away'));
    const lost = collect(await open(5));
    thing.listener?.ended({ reason: 'behind' });
    expect(await lost.done).to.have.property('message', 'away');
    expect(thing.open).to.equal(0);
  });

  it('takes no place and no watch for a request that it refuses', async () => {
    for (const from of [-1, 11]) {
      expect(await faultOf(open(from))).to.have.property('code', 'INVALID_ARGUMENT');
    }
    gone.abort();
    expect(await collect(await open(0)).done).to.equal('ended');
    expect(thing.open).to.equal(0);
  });
});
