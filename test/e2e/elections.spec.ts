import { expect } from 'chai';
import { WireError, type Json, type WireClient } from '../support/wire-client.js';
import { daemonOf, eventually, type GrantJson, WIRES, WORLDS } from './worlds.js';

let nextName = 0;
const unusedName = (): string => `e2e/election ${nextName++}`;

function electedIn(answer: Json): GrantJson {
  if (answer.elected !== true) throw new Error(`not elected: ${JSON.stringify(answer)}`);
  return answer.grant as GrantJson;
}

/** The part of an event that these tests look at. */
interface Event {
  readonly kind: string;
  readonly leader?: { readonly candidate: string } | null;
  readonly election?: Pick<Event, 'leader'> | null;
}

/** What one who observes has been told, over all its streams: it comes back where it was. */
class Observer {
  readonly told: Json[] = [];
  #revision = '0';

  get brief(): string[] {
    return this.told.map((event) => {
      const { kind, leader, election } = event as unknown as Event;
      return `${kind} ${(leader ?? election?.leader)?.candidate ?? '-'}`;
    });
  }

  /** Until it was told so; @throws WireError where the stream broke. */
  async until(client: WireClient, name: string, last: string): Promise<void> {
    for await (const event of client.stream('Observe', { name, fromRevision: this.#revision })) {
      this.told.push(event);
      this.#revision = String(event.revision);
      if (this.brief.at(-1) === last) return;
    }
    throw new Error(`the stream ended before ${last}`);
  }

  /** The store has forgotten what was before its restart: begin with the state. */
  forget(): void {
    this.#revision = '0';
  }
}

for (const [engine, open] of WORLDS) {
  describe(`Elections on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    for (const [wire, connect] of WIRES) {
      context(`over ${wire}`, () => {
        let client: WireClient;
        let name: string;

        beforeEach(() => {
          client = connect(on.daemon);
          name = unusedName();
        });

        afterEach(() => {
          client.close();
        });

        const campaign = (candidate: string, rest: Json = {}): Promise<Json> =>
          client.call('Campaign', { name, candidate, ttl: '30s', wait: '50s', ...rest });

        /** Stands, and is in the queue when this resolves. */
        async function queue(candidate: string, place: number, rest: Json = {}) {
          const answer = campaign(candidate, rest);
          await eventually(`${candidate} queues`, async () => {
            return (await client.call('GetLeader', { name })).candidateCount === place;
          });
          return { answer };
        }

        it('elects three candidates one after the other: one resigns, one falls silent', async () => {
          const first = electedIn(await campaign('one', { value: 'http://one' }));
          const second = await queue('two', 1, { ttl: '2s' });
          const third = await queue('three', 2);
          const state = await client.call('GetLeader', { name });
          expect(state).to.have.nested.property('leader.value', 'http://one');
          expect(state).to.have.nested.property('candidates[1].candidate', 'three');
          expect(JSON.stringify(state)).not.to.contain(first.leaseId);
          const resignedMs = performance.now();
          await client.call('Resign', { name, leaseId: first.leaseId });
          const two = electedIn(await second.answer);
          // Its TTL would take 10 s.
          expect(performance.now() - resignedMs).to.be.below(5000);
          // Nobody renews the lease of two.
          const three = electedIn(await third.answer);
          expect(performance.now() - resignedMs).to.be.within(1900, 20_000);
          const terms = [first, two, three].map(({ fencingToken }) => BigInt(fencingToken));
          expect(terms).to.deep.equal([...terms].sort((a, b) => (a < b ? -1 : 1)));
          const stale = { name, leaseId: two.leaseId, value: 'late', term: two.fencingToken };
          const fault = await client.call('Proclaim', stale).catch((error: unknown) => error);
          expect(fault).to.have.property('code', 'FAILED_PRECONDITION');
        });

        it('tells one who observes every leader, each value, and that nobody leads', async () => {
          const observer = new Observer();
          const observing = observer.until(client, name, 'VACATED two');
          await eventually('it observes', () => Promise.resolve(observer.told.length === 1));
          const one = electedIn(await campaign('one'));
          await client.call('Proclaim', { name, leaseId: one.leaseId, value: 'ready' });
          const two = await queue('two', 1);
          const unseated = await client.call('Unseat', { name, reason: 'it hangs' });
          expect(unseated).to.have.nested.property('leader.candidate', 'one');
          await client.call('RevokeLease', { leaseId: electedIn(await two.answer).leaseId });
          await observing;
          expect(observer.brief).to.deep.equal([
            'STATE -',
            'ELECTED one',
            'PROCLAIMED one',
            'VACATED one',
            'ELECTED two',
            'VACATED two',
          ]);
          expect(observer.told[2]).to.have.nested.property('leader.value', 'ready');
          expect(observer.told[2]).to.have.nested.property('leader.term', one.fencingToken);
        });

        it('lets a candidate that hangs up out of the queue', async () => {
          const { leaseId } = electedIn(await campaign('one'));
          const gone = new AbortController();
          const request = { name, candidate: 'two', wait: '50s' };
          const leaver = client.call('Campaign', request, gone.signal).catch(() => 'gone');
          const waiting = async (): Promise<unknown> =>
            (await client.call('GetLeader', { name })).candidateCount;
          await eventually('it queues', async () => (await waiting()) === 1);
          gone.abort();
          expect(await leaver).to.equal('gone');
          await eventually('it leaves', async () => (await waiting()) === 0);
          await client.call('Resign', { name, leaseId });
          const { leader } = await client.call('GetLeader', { name });
          expect(leader ?? null).to.equal(null);
        });

        it('says to a candidate whether it leads', async () => {
          const ask = (candidate: string): Promise<Json> =>
            wire === 'gRPC'
              ? client.call('AmLeader', { name, candidate })
              : probe(name, candidate).then(({ status, body }) => {
                  expect(status).to.equal(body.leader === true ? 200 : 503);
                  return body;
                });
          expect(await ask('one')).to.include({ leader: false, term: '0' });
          const { leaseId, fencingToken: term } = electedIn(await campaign('one'));
          expect(await ask('one')).to.include({ leader: true, term });
          expect(await ask('two')).to.include({ leader: false, term });
          await client.call('Resign', { name, leaseId });
          expect(await ask('one')).to.include({ leader: false, term: '0' });
        });

        it('lists elections, apart from the locks of their names', async () => {
          electedIn(await campaign('one', { labels: { zone: 'a' } }));
          expect(await client.call('Acquire', { name })).to.have.property('acquired', true);
          const page = await client.call('ListElections', { prefix: name, labels: ['zone=a'] });
          expect(page.elections).to.have.length(1);
          expect(page).to.have.nested.property('elections[0].leader.candidate', 'one');
        });
      });
    }

    async function probe(name: string, candidate: string): Promise<{ status: number; body: Json }> {
      const path = `/v1/elections/${encodeURIComponent(name)}:amLeader`;
      const response = await fetch(`${on.daemon.url}${path}?candidate=${candidate}`);
      return { status: response.status, body: (await response.json()) as Json };
    }

    it('tells every term in order across a restart of the daemon', async () => {
      const name = unusedName();
      const observer = new Observer();
      let client = WIRES[1][1](on.daemon);
      const observing = observer
        .until(client, name, 'nothing')
        .catch((error: unknown) => (error instanceof Error ? error.name : 'broken'));
      await eventually('it observes', () => Promise.resolve(observer.told.length === 1));
      // On etcd others go on while the daemon is away.
      const other = engine === 'etcd' ? await on.world.start() : on.daemon;
      const candidate = WIRES[0][1](other);
      const one = electedIn(
        await candidate.call('Campaign', { name, candidate: 'one', ttl: '30s' }),
      );
      await eventually('it is told', () => Promise.resolve(observer.told.length === 2));
      await on.daemon.kill();
      await observing;
      if (engine === 'etcd') {
        await candidate.call('Resign', { name, leaseId: one.leaseId });
        electedIn(await candidate.call('Campaign', { name, candidate: 'two', ttl: '30s' }));
      }
      await on.daemon.startAgain();
      client = WIRES[1][1](on.daemon);
      const last = engine === 'etcd' ? 'ELECTED two' : 'STATE one';
      await observer.until(client, name, last).catch((error: unknown) => {
        if (engine === 'etcd' || !(error instanceof WireError)) throw error;
        expect(error.code).to.equal('OUT_OF_RANGE');
        observer.forget();
        return observer.until(client, name, last);
      });
      candidate.close();
      if (other !== on.daemon) await other.dispose();
      expect(observer.brief).to.deep.equal(
        engine === 'etcd'
          ? ['STATE -', 'ELECTED one', 'VACATED one', 'ELECTED two']
          : ['STATE -', 'ELECTED one', 'STATE one'],
      );
    });
  });
}
