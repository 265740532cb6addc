import type { IWatchResponse } from 'etcd3';
import { expect } from 'chai';
import { Watching } from '../../../src/store/etcd/watching.js';
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
  const watch = (from: number | 'now'): Watching => new Watching(prefixed('a/'), from, listener);
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
    const watching = watch('now');
    expect(watching.request(1).start_revision).to.equal(0);
    watching.take(response([], { created: true }));
    expect(batches).to.deep.equal([[1000, 0]]);
    expect(watching.request(2).start_revision).to.equal(1001);
    watching.take(response([], { created: true }));
    expect(batches).to.have.length(1);
  });

  it('is silent once closed', () => {
    const watching = watch(1);
    watching.close();
    watching.take(response([4]));
    watching.end({ reason: 'closed' });
    expect(batches).to.deep.equal([]);
  });
});
