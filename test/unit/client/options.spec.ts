import { expect } from 'chai';
import { connect } from '../../../src/client/client.js';
import type { Client } from '../../../src/client/client.js';
import { SharedLockError } from '../../../src/client/errors.js';
import { startServers } from '../../support/wire-servers.js';

/** As programs in JavaScript can give it. */
const MISSPELT = { ttlSecond: 5 } as never;
const WORK = () => undefined;

type Call = (client: Client) => unknown;

/** Every method that takes options. */
const CALLS: Readonly<Record<string, Call>> = {
  connect: () => connect(MISSPELT),
  'connect, tls': () => connect({ tls: MISSPELT }),
  whoAmI: (client) => client.whoAmI(MISSPELT),
  acquire: (client) => client.acquire('x', MISSPELT),
  tryAcquire: (client) => client.tryAcquire('x', MISSPELT),
  withLock: (client) => client.withLock('x', MISSPELT, WORK),
  lease: (client) => client.lease(MISSPELT),
  elections: (client) => client.elections(MISSPELT).next(),
  counters: (client) => client.counters(MISSPELT).next(),
  'locks.get': (client) => client.locks.get('x', MISSPELT),
  'locks.list': (client) => client.locks.list(MISSPELT).next(),
  'locks.listPage': (client) => client.locks.listPage(MISSPELT),
  'locks.watch': (client) => client.locks.watch('x', MISSPELT).next(),
  'locks.checkToken': (client) => client.locks.checkToken('x', 1, MISSPELT),
  'locks.forceRelease': (client) => client.locks.forceRelease('x', MISSPELT),
  'locks.acquireOnce': (client) => client.locks.acquireOnce('x', MISSPELT),
  'locks.release': (client) => client.locks.release('x', MISSPELT),
  'leases.create': (client) => client.leases.create(MISSPELT),
  'leases.keepAlive': (client) => client.leases.keepAlive('1', MISSPELT),
  'leases.revoke': (client) => client.leases.revoke('1', MISSPELT),
  'leases.get': (client) => client.leases.get('1', MISSPELT),
  'leases.watch': (client) => client.leases.watch('1', MISSPELT).next(),
  'leases.list': (client) => client.leases.list(MISSPELT).next(),
  'leases.listPage': (client) => client.leases.listPage(MISSPELT),
  'messages.put': (client) => client.messages.put('x', MISSPELT),
  'messages.get': (client) => client.messages.get('x', MISSPELT),
  'messages.delete': (client) => client.messages.delete('x', MISSPELT),
  'election.campaign': (client) => client.election('x').campaign(MISSPELT),
  'election.campaignOnce': (client) => client.election('x').campaignOnce(MISSPELT),
  'election.resign': (client) => client.election('x').resign(MISSPELT),
  'election.lead': (client) => client.election('x').lead(MISSPELT, WORK),
  'election.get': (client) => client.election('x').get(MISSPELT),
  'election.observe': (client) => client.election('x').observe(MISSPELT).next(),
  'election.isLeader': (client) => client.election('x').isLeader('a', MISSPELT),
  'election.unseat': (client) => client.election('x').unseat(MISSPELT),
  'configs.create': (client) => client.configs('x').create('a', '{}', MISSPELT),
  'configs.put': (client) => client.configs('x').put('a', '{}', MISSPELT),
  'configs.patch': (client) => client.configs('x').patch('a', '{}', 'MERGE_PATCH', MISSPELT),
  'configs.delete': (client) => client.configs('x').delete('a', MISSPELT),
  'configs.get': (client) => client.configs('x').get('a', MISSPELT),
  'configs.list': (client) => client.configs('x').list(MISSPELT).next(),
  'configs.versions': (client) => client.configs('x').versions('a', MISSPELT).next(),
  'configs.setEnabled': (client) => client.configs('x').setEnabled('a', true, MISSPELT),
  'configs.rollback': (client) => client.configs('x').rollback('a', 0, MISSPELT),
  'configs.watch': (client) => client.configs('x').watch(MISSPELT).next(),
  'counter.get': (client) => client.counter('x').get(MISSPELT),
  'counter.add': (client) => client.counter('x').add(1n, MISSPELT),
  'counter.set': (client) => client.counter('x').set(1n, MISSPELT),
  'counter.delete': (client) => client.counter('x').delete(MISSPELT),
  'counter.watch': (client) => client.counter('x').watch(MISSPELT).next(),
};

describe('The options of the client', () => {
  let client: Client;
  beforeEach(() => {
    // Nobody is there: what gets as far as that fails otherwise.
    client = connect({ address: '127.0.0.1:1', deadlineMs: 100 });
  });
  afterEach(() => client.close());

  const refusal = async (call: Call): Promise<SharedLockError> => {
    try {
      await call(client);
    } catch (error) {
      if (error instanceof SharedLockError) return error;
      throw error;
    }
    return expect.fail('it was taken');
  };

  for (const [name, call] of Object.entries(CALLS)) {
    it(`that there are not are refused: ${name}`, async () => {
      const error = await refusal(call);
      expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'ttlSecond' });
      expect(error.message).to.match(/^ttlSecond: is not an option; there are [a-zA-Z, ]+$/);
    });
  }

  it('are those of every method there is', () => {
    const things = [client.locks, client.leases, client.messages, client.election('x')];
    const all = [...things, client.configs('x'), client.counter('x')].flatMap((thing) => {
      const name = thing.constructor.name.toLowerCase();
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(thing));
      return methods.filter((method) => method !== 'constructor').map((each) => `${name}.${each}`);
    });
    expect(Object.keys(CALLS)).to.include.members(all);
  });

  it('that are misspelt are named with the one that is near', async () => {
    const { message } = await refusal(() => client.acquire('x', { ttlms: 5 } as never));
    expect(message).to.equal('ttlms: is not an option (did you mean ttlMs?)');
  });

  it('may be undefined, as far as they are known', async () => {
    const servers = await startServers();
    try {
      await using served = connect({ address: `127.0.0.1:${servers.grpcPort}` });
      const lease = await served.leases.create({ owner: undefined } as never);
      expect(lease).to.have.property('ttlMs', 10_000);
    } finally {
      await servers.stop();
    }
  });

  for (const given of [5, null, WORK]) {
    it(`must be an object, not ${String(given)}`, async () => {
      const error = await refusal(() => client.withLock('x', given as never, WORK));
      expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'options' });
    });
  }
});

describe('A watch of the client', () => {
  it('is refused for a revision that does not fit its field', async () => {
    await using client = connect({ address: '127.0.0.1:1', deadlineMs: 100 });
    const events = client.locks.watch('x', { fromRevision: 2 ** 64 });
    const error = await events.next().catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'INVALID_ARGUMENT', field: 'from_revision' });
  });
});
