import { expect } from 'chai';
import { SystemClock } from '../../src/clock/system-clock.js';
import { Caller, type Send } from '../../src/store/etcd/caller.js';
import { Connection } from '../../src/store/etcd/connection.js';
import { loadDriver } from '../../src/store/etcd/driver.js';
import { Endpoints } from '../../src/store/etcd/endpoints.js';
import type { EtcdStore } from '../../src/store/etcd/etcd-store.js';
import { RaftTerm, type Answer } from '../../src/store/etcd/raft-term.js';
import { WithoutSpace } from '../../src/store/etcd/without-space.js';
import { exactly, type Transaction } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { bump, openEtcdStore, versionOf } from '../support/etcd-store.js';

/** Deletes whatever is there: no comparison of its own protects what comes later. */
const END: Transaction = {
  resource: 'it',
  compare: [{ range: exactly('it'), target: 'version', is: '>', operand: 0 }],
  then: [{ kind: 'delete', range: exactly('it') }],
  else: [{ kind: 'read', range: exactly('it') }],
};

describe('a deletion that goes without a marker', function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let store: EtcdStore;
  let endpoints: Endpoints;
  let caller: Caller;

  before(async () => {
    etcd = await startEtcd();
    store = await openEtcdStore(etcd.endpoints);
    const clock = new SystemClock();
    const settings = { driver: await loadDriver(), clock, tls: undefined, auth: undefined };
    endpoints = new Endpoints(
      clock,
      etcd.endpoints.map((each) => new Connection(each, settings)),
    );
    const [raftTerm, observe] = [new RaftTerm(clock), (): void => undefined];
    caller = new Caller({ clock, endpoints, callTimeoutMs: 2000, raftTerm, observe });
  });
  after(async () => {
    endpoints.close();
    await store.close();
    await etcd.dispose();
  });
  afterEach(() => store.transact(END));

  /** With `sent` in the place of the sending of a deletion; it is told how to send it. */
  function ending(sent: (now: () => Promise<unknown>) => Promise<unknown>): WithoutSpace {
    const once = async <T extends Answer>(
      operation: string,
      send: Send<T>,
      ...times: [number, number]
    ): Promise<T> => {
      let answer: T | undefined;
      await sent(async () => (answer = await caller.once(operation, send, ...times)));
      if (answer === undefined) throw new Error('it was not sent');
      return answer;
    };
    const hooked = {
      callTimeoutMs: caller.callTimeoutMs,
      repeat: ((operation, send) => caller.repeat(operation, send)) as Caller['repeat'],
      once: once,
    };
    const closing = new AbortController().signal;
    return new WithoutSpace({
      clock: new SystemClock(),
      caller: hooked,
      probeKey: 'p',
      closing,
    });
  }

  it('does nothing when it comes late', async () => {
    await store.transact(bump('it'));
    let late: (() => Promise<unknown>) | undefined;
    const outcome = await ending((now) => {
      if (late !== undefined) return now();
      late = now;
      throw new Error('no answer');
    }).run(END);
    expect(outcome.succeeded).to.equal(true);
    await store.transact(bump('it'));
    await late?.();
    expect(await versionOf(store, 'it')).to.equal(1);
  });

  it('that was applied, but whose answer is lost, is known to have been', async () => {
    await store.transact(bump('it'));
    let sendings = 0;
    const outcome = await ending(async (now) => {
      sendings += 1;
      await now();
      throw new Error('no answer');
    }).run(END);
    expect(outcome).to.have.property('succeeded', true);
    expect(outcome.results).to.deep.equal([{ kind: 'delete', deleted: 1 }]);
    expect(sendings).to.equal(1);
  });

  it('that arrives between the look and the next sending is known to have been applied', async () => {
    await store.transact(bump('it'));
    let first: (() => Promise<unknown>) | undefined;
    const outcome = await ending(async (now) => {
      if (first !== undefined) {
        await first();
        return now();
      }
      first = now;
      throw new Error('no answer');
    }).run(END);
    expect(outcome.succeeded).to.equal(true);
  });

  it('looks again when something is put after its look', async () => {
    await store.transact(bump('it'));
    let sendings = 0;
    const outcome = await ending(async (now) => {
      if (sendings++ === 0) await store.transact(bump('it'));
      return now();
    }).run(END);
    expect([outcome.succeeded, sendings]).to.deep.equal([true, 2]);
    expect(await versionOf(store, 'it')).to.equal(0);
  });

  it('that never gets an answer says that nothing is known', async () => {
    await store.transact(bump('it'));
    const error: unknown = await ending(() => Promise.reject(new Error('no answer')))
      .run(END)
      .catch((reason: unknown) => reason);
    expect(error).to.have.nested.property('details.reason', 'OUTCOME_UNKNOWN');
  });
});
