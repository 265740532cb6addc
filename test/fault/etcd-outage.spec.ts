import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { isFault } from '../../src/core/errors.js';
import { randomLeaseId } from '../../src/clock/random.js';
import { exactly, type StoreHealth } from '../../src/store/store.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePorts } from '../support/free-ports.js';
import { bump, openEtcdStore, settle, versionOf } from '../support/etcd-store.js';
import { until } from '../support/until.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const yes = (): boolean => true;
const no = (): boolean => false;

describe('an etcd that is out of reach', function () {
  this.timeout(60_000);
  let etcd: Etcd;

  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd.dispose());

  context('when it is so from the start', () => {
    it('fails the start with the endpoints and what to do', async () => {
      const [port = 0] = await freePorts(1);
      const endpoint = `http://127.0.0.1:${port}`;
      const error: unknown = await openEtcdStore([endpoint], { firstContactMs: 300 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code', 'UNAVAILABLE');
      expect(error).to.have.property('message').that.includes(endpoint);
      expect(error).to.have.property('message').that.includes('check that it runs');
    });

    it('starts all the same if told to, and is ready once etcd comes', async () => {
      const late = await startEtcd();
      await late.stop();
      const store = await openEtcdStore(late.endpoints, { waitForFirstContact: false });
      try {
        await until('known to be out of reach', () => store.health.detail.includes('not answer'));
        expect(store.health.ready).to.equal(false);
        await late.start();
        await until('ready', () => store.health.ready);
        await store.transact(bump('first'));
      } finally {
        await store.close();
        await late.dispose();
      }
    });
  });

  context('when it is killed while there is no traffic', () => {
    let proxy: TcpProxy;
    beforeEach(async () => (proxy = await TcpProxy.start(etcd.endpoints[0] ?? '')));
    afterEach(() => proxy.dispose());
    it('is known to be away soon; then callers are told at once, until it is back', async () => {
      const store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 5000 });
      try {
        const lease = randomLeaseId();
        await store.grant(lease, 60);
        await store.transact(bump('idle'));
        const killedMs = performance.now();
        await etcd.kill();
        await until('not ready', () => !store.health.ready, 5000);
        expect(performance.now() - killedMs, 'noticed').to.be.within(900, 3000);
        expect(store.health.detail).to.include('check that it runs').and.include(etcd.endpoints[0]);
        const askedMs = performance.now();
        const answers = await Promise.allSettled([
          store.transact(bump('idle')),
          store.read({ range: exactly('idle') }),
          store.grant(randomLeaseId(), 10),
          store.renew(lease),
          store.revoke(lease),
          store.inspectLease(lease),
        ]);
        expect(performance.now() - askedMs, 'answered').to.be.below(3000);
        for (const answer of answers) {
          const error: unknown = answer.status === 'rejected' ? answer.reason : answer.value;
          expect(error).to.have.property('code', 'UNAVAILABLE');
          expect(error).to.have.property('message').that.includes('out of reach');
          expect(error).to.have.property('message').that.does.not.include('127.0.0.1');
        }
        await etcd.start();
        await until('served', () => store.transact(bump('idle')).then(yes, no), 3000);
        expect(await versionOf(store, 'idle')).to.equal(2);
      } finally {
        await store.close();
      }
    });

    it('is not called away if it restarts soon; who asks meanwhile just waits', async () => {
      const store = await openEtcdStore([proxy.endpoint], { callTimeoutMs: 5000 });
      const seen: StoreHealth[] = [];
      store.onHealthChange((health) => seen.push(health));
      try {
        proxy.refuse();
        proxy.cut();
        setTimeout(() => proxy.heal(), 300);
        await store.transact(bump('short'));
        expect(seen).to.deep.equal([]);
      } finally {
        await store.close();
      }
    });
  });

  context('when it stops under load and comes back', () => {
    it('loses nothing that was acknowledged, and recovers by itself', async () => {
      const store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 1000 });
      const seen: StoreHealth[] = [];
      store.onHealthChange((health) => seen.push(health));
      const lease = randomLeaseId();
      await store.grant(lease, 60);
      let acknowledged = 0;
      let unknown = 0;
      const load = async (): Promise<void> => {
        const { outcomes, errors } = await settle(
          Array.from({ length: 10 }, () => store.transact(bump('load'))),
        );
        acknowledged += outcomes.length;
        for (const error of errors) {
          expect(error).to.have.property('code', 'UNAVAILABLE');
          if (String(error).includes('not known')) unknown += 1;
        }
      };
      try {
        const state = { away: true };
        const outage = (async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await etcd.kill();
          await until('not ready', () => !store.health.ready, 8000);
          const renewal: unknown = await store.renew(lease).catch((reason: unknown) => reason);
          expect(renewal, 'not "lost"').to.have.property('code', 'UNAVAILABLE');
          const write: unknown = await store
            .transact(bump('load'))
            .catch((reason: unknown) => reason);
          expect(write).to.have.property('message').that.includes('nothing was sent');
          await etcd.start();
          state.away = false;
        })();
        while (state.away) await load();
        await outage;
        const backMs = performance.now();
        await until('ready again', () => store.health.ready, 5000);
        await store.transact(bump('load'));
        acknowledged += 1;
        expect(performance.now() - backMs).to.be.below(5000);
        expect(await store.renew(lease)).to.equal(60);
        expect(seen.map((health) => health.ready)).to.deep.equal([false, true]);
        expect(seen[0]?.detail).to.include('check that it runs');
        const applied = await versionOf(store, 'load');
        expect(applied).to.be.within(acknowledged, acknowledged + unknown);
      } finally {
        await store.close();
      }
    });
  });

  context('when it is paused under a flood of writes', () => {
    it('answers each in time, and refuses what is too much at once', async () => {
      const store = await openEtcdStore(etcd.endpoints, { callTimeoutMs: 500 });
      await store.transact(bump('flood'));
      etcd.pause();
      try {
        const startedMs = performance.now();
        const { outcomes, errors } = await settle(
          Array.from({ length: 10_164 }, () => store.transact(bump('flood'))),
        );
        expect(performance.now() - startedMs).to.be.below(8000);
        expect(outcomes).to.have.length(0);
        const codes = errors.map((error) => (isFault(error) ? error.code : String(error)));
        const tooMany = codes.filter((code) => code === 'RESOURCE_EXHAUSTED').length;
        expect(tooMany, 'beyond 10,000 and at most 64 in a lane').to.be.within(100, 164);
        expect(codes.filter((code) => code === 'UNAVAILABLE')).to.have.length(10_164 - tooMany);
        const sent = errors.filter((error) => String(error).includes('not known'));
        expect(sent.length, 'only what was in a lane is in doubt').to.be.at.most(64);
      } finally {
        etcd.resume();
      }
      await until('ready', () => store.health.ready);
      const before = await versionOf(store, 'flood');
      await store.transact(bump('flood'));
      expect(await versionOf(store, 'flood')).to.equal(before + 1);
      await store.close();
    });
  });

  context('when it takes connections but says nothing', () => {
    let silent: Server;
    const sockets: Socket[] = [];
    before(async () => {
      silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });
    after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const endpoint = (): string => {
      const address = silent.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      return `http://127.0.0.1:${address.port}`;
    };

    it('uses another member at once', async () => {
      const startedMs = performance.now();
      const store = await openEtcdStore([endpoint(), ...etcd.endpoints]);
      await store.transact(bump('beside'));
      expect(performance.now() - startedMs).to.be.below(1500);
      await store.close();
    });

    it('fails the start in time if there is no other', async () => {
      const startedMs = performance.now();
      const error: unknown = await openEtcdStore([endpoint()], { firstContactMs: 500 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code', 'UNAVAILABLE');
      expect(performance.now() - startedMs).to.be.below(6000);
    });
  });

  context('when a connection falls silent', () => {
    let proxy: TcpProxy;
    beforeEach(async () => (proxy = await TcpProxy.start(etcd.endpoints[0] ?? '')));
    afterEach(() => proxy.dispose());

    it('goes over to another member, writes and renewals alike', async () => {
      const direct = etcd.endpoints[0] ?? '';
      const both = await openEtcdStore([proxy.endpoint, direct], { callTimeoutMs: 1000 });
      const lease = randomLeaseId();
      await both.grant(lease, 10);
      // Whichever it chose: it is the same etcd behind both.
      proxy.blackHole();
      const startedMs = performance.now();
      const [outcome, ttl] = await Promise.all([
        both.transact(bump('half-open')),
        both.renew(lease).catch(() => both.renew(lease)),
      ]);
      expect(outcome.succeeded).to.equal(true);
      expect(ttl).to.equal(10);
      expect(performance.now() - startedMs).to.be.below(5000);
      expect(await versionOf(both, 'half-open')).to.equal(1);
      await both.close();
    });

    it('goes back to the member that failed if the other one is down', async () => {
      const [port = 0] = await freePorts(1);
      const store = await openEtcdStore([proxy.endpoint, `http://127.0.0.1:${port}`]);
      await store.transact(bump('back'));
      proxy.hold('toServer');
      const write = store.transact(bump('back'));
      await until('sent', () => proxy.heldBytes > 0);
      const startedMs = performance.now();
      proxy.cut();
      proxy.heal();
      await write;
      expect(performance.now() - startedMs).to.be.below(2000);
      await store.close();
    });

    it('is not given up for a call that had too little time', async () => {
      const store = await openEtcdStore([proxy.endpoint], { callTimeoutMs: 1000 });
      let interruptions = 0;
      store.watch(exactly('little'), 'now', {
        interrupted: () => (interruptions += 1),
        ...{ events: () => undefined, ended: () => undefined },
      });
      await store.transact(bump('little'));
      proxy.refuse();
      proxy.cut();
      await until('interrupted', () => interruptions === 1);
      // Some of them will have but a few milliseconds left when etcd is back.
      const reads = Array.from({ length: 60 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, 10 * index));
        return store.read({ range: exactly('little') }).catch((reason: unknown) => reason);
      });
      await new Promise((resolve) => setTimeout(resolve, 750));
      proxy.heal();
      proxy.delay(30);
      await Promise.all(reads);
      await store.transact(bump('little'));
      expect(interruptions).to.equal(1);
      await store.close();
    });

    it('makes a new connection to the same member if there is no other', async () => {
      const store = await openEtcdStore([proxy.endpoint], { callTimeoutMs: 1000 });
      await store.transact(bump('same'));
      proxy.freeze();
      const startedMs = performance.now();
      await store.transact(bump('same'));
      expect(performance.now() - startedMs).to.be.below(4000);
      expect(await versionOf(store, 'same')).to.equal(2);
      await store.close();
    });
  });
});
