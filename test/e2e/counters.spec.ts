import { expect } from 'chai';
import type { Json, Method, WireClient } from '../support/wire-client.js';
import { daemonOf, eventually, grantIn, refusalOf, WIRES, WORLDS } from './worlds.js';

const MAX = '9223372036854775807';
const MIN = '-9223372036854775808';

let nextName = 0;

for (const [engine, open] of WORLDS) {
  describe(`Counters of the built daemon on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    for (const [wire, connect] of WIRES) {
      context(`over ${wire}`, () => {
        let client: WireClient;
        let name: string;

        beforeEach(() => {
          client = connect(on.daemon);
          name = `e2e/counter ${nextName++}`;
        });

        afterEach(() => {
          client.close();
        });

        const refused = (method: Method, request: Json): Promise<string> =>
          refusalOf(client, method, request);

        const value = async (): Promise<unknown> =>
          (await client.call('GetCounter', { name })).value;

        it('counts from 0, up and down', async () => {
          expect(await client.call('GetCounter', { name })).to.deep.equal({
            name,
            value: '0',
            revision: '0',
          });
          expect(await client.call('Add', { name, delta: 5 })).to.deep.equal({
            value: '5',
            previous: '0',
          });
          expect(await client.call('Add', { name, delta: -7 })).to.deep.equal({
            value: '-2',
            previous: '5',
          });
          expect(await value()).to.equal('-2');
        });

        it('gives each of 64 callers at once a value of its own', async () => {
          const answers = await Promise.all(
            Array.from({ length: 64 }, () => client.call('Add', { name, delta: 1 })),
          );
          expect(new Set(answers.map((answer) => answer.value)).size).to.equal(64);
          expect(await value()).to.equal('64');
        });

        it('never wraps around, and keeps within the bounds that are given', async () => {
          await client.call('SetCounter', { name, value: MAX });
          expect(await refused('Add', { name, delta: 1 })).to.equal('OUT_OF_RANGE');
          await client.call('SetCounter', { name, value: MIN });
          expect(await refused('Add', { name, delta: -1 })).to.equal('OUT_OF_RANGE');
          await client.call('SetCounter', { name, value: 0 });
          expect(await refused('Add', { name, delta: -1, min: 0 })).to.equal('OUT_OF_RANGE');
          expect(await refused('Add', { name, delta: 1, max: 0 })).to.equal('OUT_OF_RANGE');
          expect(await value()).to.equal('0');
        });

        it('sets and deletes, if wished only from an expected value', async () => {
          await client.call('SetCounter', { name, value: 7 });
          expect(await refused('SetCounter', { name, value: 8, expected: 0 })).to.equal(
            'FAILED_PRECONDITION',
          );
          expect(await client.call('SetCounter', { name, value: 8, expected: 7 })).to.deep.equal({
            value: '8',
            previous: '7',
          });
          expect(await refused('DeleteCounter', { name, expected: 7 })).to.equal(
            'FAILED_PRECONDITION',
          );
          const gone = await client.call('DeleteCounter', { name, expected: 8 });
          expect(gone).to.deep.equal({ deleted: true, previous: '8' });
          expect(await client.call('DeleteCounter', { name })).to.have.property('deleted', false);
          expect(await value()).to.equal('0');
        });

        it('counts a request id once, and refuses it for another request', async () => {
          const request = { name, delta: 3, requestId: `counted ${name}` };
          const first = await client.call('Add', request);
          expect(await client.call('Add', request)).to.deep.equal(first);
          expect(await refused('Add', { ...request, delta: 4 })).to.equal('ALREADY_EXISTS');
          expect(await value()).to.equal('3');
        });

        it('lists counters by prefix, page by page', async () => {
          for (const part of ['/a', '/b', '/c']) {
            await client.call('Add', { name: name + part, delta: 1 });
          }
          await client.call('Add', { name: `${name}x`, delta: 1 });
          const first = await client.call('ListCounters', { prefix: `${name}/`, pageSize: 2 });
          const pageToken = first.nextPageToken;
          const rest = await client.call('ListCounters', { prefix: `${name}/`, pageToken });
          const listed = [...(first.counters as Json[]), ...(rest.counters as Json[])];
          expect(listed.map((counter) => counter.name)).to.deep.equal(
            ['/a', '/b', '/c'].map((part) => name + part),
          );
          expect(rest.nextPageToken).to.equal('');
        });

        it('tells a watcher the value, then each change, and resumes where it was', async () => {
          await client.call('Add', { name, delta: 1 });
          const seen: Json[] = [];
          for await (const counter of client.stream('WatchCounter', { name })) {
            seen.push(counter);
            if (seen.length === 1) {
              await client.call('Add', { name: `${name}x`, delta: 1 });
              await client.call('Add', { name, delta: 1 });
            } else if (seen.length === 2) {
              await client.call('DeleteCounter', { name });
            } else break;
          }
          expect(seen.map((counter) => counter.value)).to.deep.equal(['1', '2', '0']);
          const fromRevision = seen[1]?.revision;
          for await (const counter of client.stream('WatchCounter', { name, fromRevision })) {
            expect(counter).to.deep.equal(seen[2]);
            break;
          }
        });

        it('lets the holder of a lock write, and refuses its token afterwards', async () => {
          const lock = `${name} lock`;
          const grant = grantIn(await client.call('Acquire', { name: lock, ttl: '30s' }));
          const fence = { lock, token: grant.fencingToken };
          expect(await client.call('Add', { name, delta: 1, fence })).to.include({ value: '1' });
          await client.call('Release', { name: lock, leaseId: grant.leaseId });
          grantIn(await client.call('Acquire', { name: lock, ttl: '30s' }));
          for (const [method, request] of [
            ['Add', { name, delta: 1, fence }],
            ['SetCounter', { name, value: 9, fence }],
            ['DeleteCounter', { name, fence }],
          ] as const) {
            expect(await refused(method, request)).to.equal('FAILED_PRECONDITION', method);
          }
          expect(await value()).to.equal('1');
        });

        it('counts one under a lock, which it gives back', async () => {
          const lock = `${name} lock`;
          const first = client.call('IncreaseExclusive', { name, lock, hold: '2s', owner: 'one' });
          await eventually('the lock is held', async () => {
            return (await client.call('GetLock', { name: lock })).held === true;
          });
          const second = await client.call('IncreaseExclusive', { name, lock });
          expect(second).to.include({ acquired: false });
          expect(second).to.have.nested.property('holders[0].owner', 'one');
          expect(await first).to.include({ acquired: true });
          expect(await client.call('GetLock', { name: lock })).to.have.property('held', false);
        });

        it('answers when the lock expires if the work takes longer, and counts nothing', async () => {
          const startedMs = performance.now();
          const late = { name, hold: '60s', ttl: '1s' };
          expect(await refused('IncreaseExclusive', late)).to.equal('DEADLINE_EXCEEDED');
          expect(performance.now() - startedMs).to.be.within(1000, 15_000);
          expect(await value()).to.equal('0');
        });
      });
    }
  });
}
