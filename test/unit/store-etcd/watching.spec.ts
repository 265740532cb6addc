import type { IWatchResponse } from 'etcd3';
import { expect } from 'chai';
import { Watching, type Subscriber } from '../../../src/store/etcd/watching.js';
import { prefixed } from '../../../src/store/store.js';

function response(
  revisions: readonly number[],
  more: Partial<IWatchResponse> = {},
): IWatchResponse {
  return {
    header: { cluster_id: '1', member_id: '1', revision: '1000', raft_term: '1' },
    watch_id: '1',
    created: false,
    canceled: false,
    compact_revision: '0',
    cancel_reason: '',
    fragment: false,
    events: revisions.map((revision) => ({
      type: 'Put' as const,
      kv: {
        key: Buffer.from('a/b'),
        value: Buffer.from(''),
        create_revision: '1',
        mod_revision: String(revision),
        version: '1',
        lease: '0',
      },
      // Absent on the wire, which the types of etcd3 don't have.
      prev_kv: null as never,
    })),
    ...more,
  };
}

describe('a watch over many streams', () => {
  let batches: (readonly [number, number])[];
  const listener = {
    events: (revision: number, events: readonly unknown[]) =>
      batches.push([revision, events.length]),
    started: (revision: number) => batches.push([revision, 0]),
    ended: () => undefined,
  };
  const subscriber = (from: number): Subscriber => {
    return { listener, from, watching: undefined, isOpen: true };
  };
  /** `from` 0: from now on. */
  const watch = (from: number): Watching => {
    const watching = new Watching(prefixed('a/'), from);
    watching.add(subscriber(from));
    return watching;
  };
  beforeEach(() => (batches = []));

  it('resumes after the last event, not after the header of the answer', () => {
    const watching = watch(3);
    watching.take(response([5, 7]));
    expect(watching.request(2).start_revision).to.equal(8);
  });

  it('resumes where it began if nothing came', () => {
    const watching = watch(3);
    watching.take(response([], { created: true }));
    expect(watching.request(2).start_revision).to.equal(3);
  });

  it('delivers the events of one revision as one batch', () => {
    watch(1).take(response([5, 5, 6, 6, 6]));
    expect(batches).to.deep.equal([
      [5, 2],
      [6, 3],
    ]);
  });

  it('puts a revision together that came in fragments', () => {
    const watching = watch(1);
    watching.take(response([4, 5, 5], { fragment: true }));
    expect(batches).to.deep.equal([[4, 1]]);
    watching.take(response([5], { fragment: true }));
    watching.take(response([5, 6]));
    expect(batches).to.deep.equal([
      [4, 1],
      [5, 4],
      [6, 1],
    ]);
  });

  it('asks again for a revision of which a fragment was lost with the stream', () => {
    const watching = watch(1);
    watching.take(response([4, 5], { fragment: true }));
    expect(watching.request(2).start_revision).to.equal(5);
    watching.take(response([5, 5]));
    expect(batches).to.deep.equal([
      [4, 1],
      [5, 2],
    ]);
  });

  it('drops what it has delivered before', () => {
    const watching = watch(1);
    watching.take(response([4]));
    watching.take(response([4, 5]));
    expect(batches).to.deep.equal([
      [4, 1],
      [5, 1],
    ]);
  });

  it('from now begins after the revision at which etcd took notice, also over a second stream', () => {
    const watching = watch(0);
    expect(watching.request(1).start_revision).to.equal(0);
    watching.take(response([], { created: true }));
    expect(batches).to.deep.equal([[1000, 0]]);
    expect(watching.request(2).start_revision).to.equal(1001);
    watching.take(response([], { created: true }));
    expect(batches).to.have.length(1);
  });

  it('gives none of those who share it what they do not want', () => {
    const watching = watch(5);
    watching.add(subscriber(7));
    watching.take(response([5, 6]));
    expect(batches).to.deep.equal([
      [5, 1],
      [6, 1],
    ]);
    watching.take(response([7]));
    expect(batches.slice(2)).to.deep.equal([
      [7, 1],
      [7, 1],
    ]);
  });

  it('is silent to those who left, also while it tells', () => {
    const watching = watch(1);
    const other: Subscriber = subscriber(1);
    const first: Subscriber = {
      ...subscriber(1),
      listener: {
        events: () => {
          watching.remove(first);
          watching.remove(other);
        },
        ended: () => undefined,
      },
    };
    watching.removeAll();
    watching.add(first);
    watching.add(other);
    watching.take(response([4, 5]));
    expect(batches).to.deep.equal([]);
    expect(watching.isEmpty).to.equal(true);
  });

  it('lets its subscribers go with what they want next', () => {
    const watching = watch(3);
    watching.add(subscriber(9));
    watching.take(response([4]));
    expect(watching.removeAll().map(({ from }) => from)).to.deep.equal([5, 9]);
    expect(watching.isEmpty).to.equal(true);
  });

  context('is in step', () => {
    it('from its beginning if it wants nothing of the past', () => {
      for (const [from, isInStep] of [
        [0, true],
        [1000, false],
        [1001, true],
      ] as const) {
        const watching = watch(from);
        watching.take(response([], { created: true }));
        expect(watching.isInStep, `from ${from}`).to.equal(isInStep);
      }
    });

    it('once it has told of the revision that the store then had', () => {
      const watching = watch(3);
      watching.take(response([4, 5]));
      expect(watching.isInStep).to.equal(false);
      watching.take(response([6, 1000]));
      expect(watching.isInStep).to.equal(true);
    });

    it('not before it has all of that revision', () => {
      const watching = watch(3);
      watching.take(response([1000], { fragment: true }));
      expect(watching.isInStep).to.equal(false);
      watching.take(response([1000]));
      expect(watching.isInStep).to.equal(true);
    });

    it('no more when it is asked for again', () => {
      const watching = watch(3);
      watching.take(response([1000]));
      watching.request(2);
      expect(watching.isInStep).to.equal(false);
    });
  });
});
