import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Lock__Output } from '../../../src/protocol/generated/sharedlock/v1/Lock.js';
import type { Holder__Output } from '../../../src/protocol/generated/sharedlock/v1/Holder.js';
import { acquireRequest, caller } from '../../support/services.js';
import { clientsOf, type GrpcClients } from '../../support/grpc-clients.js';
import { startServers, type TestServers } from '../../support/wire-servers.js';

const HOLDERS = 100;
const VALUE = 'v'.repeat(60_000);
const MIB = 1024 * 1024;

/** Clients as they are by default: they take messages up to 4 MiB. */
describe('a lock that a crowd shares with large values', () => {
  let servers: TestServers;
  let clients: GrpcClients;

  before(async () => {
    servers = await startServers();
    for (let n = 0; n < HOLDERS; n++) {
      const request = acquireRequest('a', { mode: 'SHARED', owner: `${n}`, value: VALUE });
      await servers.daemon.locks.acquire(request, caller());
    }
    clients = clientsOf(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
  });

  after(async () => {
    clients.close();
    await servers.stop();
  });

  /** All of them, the first ones with their values, and the others say that it is left out. */
  function expectCrowd(holders: readonly Holder__Output[]): void {
    expect(holders).to.have.length(HOLDERS);
    const shown = holders.filter(({ value }) => value === VALUE);
    expect(shown).to.have.length(Math.floor(MIB / VALUE.length));
    expect(holders.slice(0, shown.length)).to.deep.equal(shown);
    for (const { value, valueOmitted } of holders) expect(valueOmitted).to.equal(value === '');
  }

  const answered = <Answer>(
    ask: (done: (error: Error | null, answer?: Answer) => void) => unknown,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      ask((error, answer) => {
        if (answer === undefined) reject(error ?? new Error('no answer'));
        else resolve(answer);
      });
    });

  it('is refused to who asks for it', async () => {
    for (const wait of [null, { seconds: 0, nanos: 1_000_000 }]) {
      const request = { name: 'a', wait };
      const { acquired, holders } = await answered(
        clients.locks.acquire.bind(clients.locks, request),
      );
      expect(acquired).to.equal(false);
      expectCrowd(holders);
    }
  });

  it('is shown', async () => {
    const request = { name: 'a' };
    expectCrowd(
      (await answered<Lock__Output>((done) => clients.locks.getLock(request, done))).holders,
    );
  });

  it('is listed', async () => {
    const { locks } = await answered((done: Parameters<typeof clients.locks.listLocks>[1]) =>
      clients.locks.listLocks({}, done),
    );
    expectCrowd(locks[0]?.holders ?? []);
  });

  it('is watched', async () => {
    const stream = clients.locks.watchLock({ name: 'a' });
    for await (const event of stream) {
      expectCrowd((event as { lock: Lock__Output }).lock.holders);
      break;
    }
    stream.cancel();
  });

  it('is shown over HTTP', async () => {
    const response = await fetch(`http://127.0.0.1:${servers.httpPort}/v1/locks/a`);
    expect((await response.text()).length).to.be.below(2 * MIB);
  });

  it('is taken away', async () => {
    const request = { name: 'a', reason: 'test' };
    const { holders } = await answered(clients.locks.forceRelease.bind(clients.locks, request));
    expectCrowd(holders);
  });
});
