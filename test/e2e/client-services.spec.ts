import { once } from 'node:events';
import { expect } from 'chai';
import { connect, LockLostError, NotAcquiredError } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { faultOf } from '../support/services.js';
import { checkedWatch } from '../support/watch-checker.js';
import { daemonOf, embeddedWorld, eventually, pause } from './worlds.js';

describe('The client library, beside locks', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);
  let client: Client;
  let other: Client;

  before(() => {
    client = connect({ address: on.daemon.grpcAddress, owner: 'one' });
    other = connect({ address: on.daemon.grpcAddress, owner: 'two' });
  });

  after(async () => {
    await client.close();
    await other.close();
  });

  describe('an election', () => {
    const isQueued = (name: string) => async (): Promise<boolean> =>
      (await client.election(name).get()).candidateCount === 1;

    it('has one leader, whom the next one follows when it resigns', async () => {
      const first = await client.election('next').campaign({ value: 'a' });
      const waiting = other.election('next').campaign();
      await eventually('it stands', isQueued('next'));
      expect(await other.election('next').isLeader('one')).to.equal(true);
      await first.proclaim('b');
      const { leader } = await other.election('next').get();
      expect(leader).to.include({ candidate: 'one', value: 'b', term: first.term });
      expect(await first.resign()).to.equal(true);
      const second = await waiting;
      expect(second.term).to.be.above(first.term);
      expect(second.state).to.equal('HELD');
      expect(() => first.assertLeader()).to.throw('election "next" was released');
      await second.resign();
    });

    it('refuses who does not want to wait, and says who leads', async () => {
      await using _leader = await client.election('taken').campaign();
      const error = await faultOf(other.election('taken').campaign({ waitMs: 0 }));
      expect(error).to.be.instanceOf(NotAcquiredError);
      expect(error).to.have.property('message').that.contains('held by one');
    });

    it('tells its observers every leader in order', async () => {
      const told: string[] = [];
      const observing = (async () => {
        for await (const event of checkedWatch(other.election('seen').observe())) {
          told.push('leader' in event ? `${event.kind} ${event.leader.value}` : event.kind);
          if (event.kind === 'VACATED') return;
        }
      })();
      await eventually('it observes', () => Promise.resolve(told.length === 1));
      const leadership = await client.election('seen').campaign({ value: 'a' });
      await leadership.proclaim('b');
      await leadership.resign();
      await observing;
      expect(told).to.deep.equal(['STATE', 'ELECTED a', 'PROCLAIMED b', 'VACATED b']);
    });

    it('is campaigned for again when the term was lost', async () => {
      const reasons: unknown[] = [];
      const terms: number[] = [];
      await client.election('again').lead({ ttlMs: 2000 }, async ({ term, signal }) => {
        terms.push(term);
        if (terms.length === 2) return;
        expect(await other.election('again').unseat({ reason: 'it hangs' })).to.equal(true);
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
        reasons.push(signal.reason);
        signal.throwIfAborted();
      });
      expect(terms[1]).to.be.above(terms[0] ?? Infinity);
      expect(reasons[0]).to.be.instanceOf(LockLostError);
      expect((await client.election('again').get()).leader).to.equal(undefined);
    });

    it("ends with the work's own error, or the signal's reason", async () => {
      const own = new Error('my own');
      const election = client.election('over');
      expect(await faultOf(election.lead({}, () => Promise.reject(own)))).to.equal(own);
      await using _leader = await other.election('over').campaign();
      const stop = new AbortController();
      const leading = faultOf(election.lead({ signal: stop.signal }, () => undefined));
      await eventually('it stands', isQueued('over'));
      stop.abort(own);
      expect(await leading).to.equal(own);
      const names: string[] = [];
      for await (const { name } of client.elections({ prefix: 'ov' })) names.push(name);
      expect(names).to.deep.equal(['over']);
    });
  });

  it('is led until the signal of the options aborts, and the work has ended', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const seen: unknown[] = [];
    const leading = faultOf(
      client.election('ends').lead({ signal: stop.signal }, async ({ signal, state }) => {
        const aborted = once(signal, 'abort');
        stop.abort(reason);
        await aborted;
        await pause(200);
        const { leader } = await other.election('ends').get();
        seen.push(signal.reason, state, leader !== undefined);
      }),
    );
    expect(await leading).to.equal(reason);
    expect(seen).to.deep.equal([reason, 'HELD', true]);
    expect((await other.election('ends').get()).leader).to.equal(undefined);
  });

  it('works under a lock until the signal of the options aborts, too', async () => {
    const stop = new AbortController();
    const outcome = client.withLock('stopped', { signal: stop.signal }, async ({ signal }) => {
      setTimeout(() => stop.abort(), 50);
      await once(signal, 'abort');
      return 'in order';
    });
    expect(await outcome).to.equal('in order');
    expect(await other.tryAcquire('stopped')).to.include({ state: 'HELD' });
  });

  it('guards what is written with the term of a leader', async () => {
    const leadership = await client.election('guard').campaign();
    const counter = client.counter('led');
    expect(await counter.add(1n, { fence: leadership })).to.include({ value: 1n });
    await leadership.resign();
    const error = await faultOf(counter.add(1n, { fence: leadership }));
    expect(error).to.include({ code: 'FAILED_PRECONDITION' });
  });

  describe('configs', () => {
    it('are created, written, patched, rolled back, listed and deleted', async () => {
      const configs = client.configs('shop');
      const { etag } = await configs.create('db', '{"host": "a"}');
      expect(await configs.put('db', '{"host":"b"}', { ifMatch: etag })).to.include({ version: 1 });
      const stale = await faultOf(configs.put('db', '{}', { ifMatch: etag }));
      expect(stale).to.include({ code: 'FAILED_PRECONDITION', reason: 'ETAG_MISMATCH' });
      expect(await configs.patch('db', '{"port":1}')).to.include({
        document: '{"host":"b","port":1}',
      });
      expect(await configs.rollback('db', 0)).to.include({ version: 3, document: '{"host": "a"}' });
      expect(await configs.get('db', { version: 1 })).to.include({ document: '{"host":"b"}' });
      const versions: number[] = [];
      for await (const { version } of configs.versions('db')) versions.push(version);
      expect(versions).to.deep.equal([3, 2, 1, 0]);
      const names: string[] = [];
      for await (const { name } of configs.list()) names.push(name);
      expect(names).to.deep.equal(['db']);
      expect(await faultOf(configs.delete('db'))).to.include({ reason: 'CONFIG_ENABLED' });
      expect(await configs.setEnabled('db', false)).to.include({ enabled: false });
      await configs.delete('db');
      expect(await faultOf(configs.get('db'))).to.include({ code: 'NOT_FOUND' });
    });

    it('are watched: those of now, then every change', async () => {
      const configs = client.configs('watched');
      await configs.put('a', '1');
      const told: string[] = [];
      const watching = (async () => {
        for await (const change of checkedWatch(other.configs('watched').watch())) {
          told.push(change.kind === 'PUT' ? `PUT ${change.config.document}` : change.kind);
          if (change.kind === 'DELETED') return;
        }
      })();
      await eventually('it is in step', () => Promise.resolve(told.length === 2));
      await configs.put('a', '2');
      await configs.delete('a', { force: true });
      await watching;
      expect(told).to.deep.equal(['PUT 1', 'SYNCED', 'PUT 2', 'DELETED']);
    });

    it('are guarded by a lock', async () => {
      const lock = await client.acquire('writer');
      const configs = client.configs('fenced');
      await configs.put('a', '1', { fence: lock });
      await lock.release();
      const error = await faultOf(configs.put('a', '2', { fence: lock }));
      expect(error).to.include({ code: 'FAILED_PRECONDITION' });
    });
  });

  it('keeps messages by their digest', async () => {
    const digest = await client.messages.put('foo');
    expect(digest).to.equal('2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae');
    expect(await other.messages.get(digest)).to.equal('foo');
    expect(await faultOf(other.messages.get('0'.repeat(64)))).to.include({ code: 'NOT_FOUND' });
    expect(await other.messages.delete(digest)).to.equal(true);
    expect(await client.messages.delete(digest)).to.equal(false);
  });
});
