import { expect } from 'chai';
import { httpClient } from '../support/wire-client.js';
import { daemonOf, eventually, grantIn, WORLDS } from './worlds.js';

interface Answer {
  readonly status: number;
  readonly json: { readonly counter?: number; readonly error?: string };
}

const LOCK = '/my/lock';

for (const [engine, open] of WORLDS) {
  describe(`The counter app's routes on ${engine}`, function () {
    this.timeout(60_000);
    const env = { SHARED_LOCK_COUNTER_LOCK_KEY: LOCK, SHARED_LOCK_COUNTER_LOCK_TTL: '2s' };
    const on = daemonOf(open, () => ({ env }));

    async function ask(path: string, init?: RequestInit): Promise<Answer> {
      const response = await fetch(on.daemon.url + path, init);
      expect(response.headers.get('content-type')).to.match(/^application\/json\b/);
      return { status: response.status, json: (await response.json()) as Answer['json'] };
    }

    const read = async (): Promise<number | undefined> => {
      const { status, json } = await ask('/read_counter');
      expect(status).to.equal(200);
      return json.counter;
    };

    /** As a form that is URL-encoded, or, from a FormData, multipart. */
    const increase = (body: URLSearchParams | FormData | string): Promise<Answer> =>
      ask('/increase_counter', { method: 'POST', body });

    const sleep = (seconds: number | string): Promise<Answer> =>
      increase(new URLSearchParams({ sleep: String(seconds) }));

    const held = async (): Promise<boolean> => {
      const lock = await httpClient(on.daemon.url).call('GetLock', { name: LOCK });
      return lock.held === true;
    };

    it('begins at 0, and counts one a call', async () => {
      expect(await read()).to.equal(0);
      expect(await sleep(0)).to.deep.equal({ status: 200, json: { counter: 1 } });
      expect(await sleep(1)).to.deep.equal({ status: 200, json: { counter: 2 } });
      expect(await read()).to.equal(2);
    });

    it('writes members by name, and a newline at the end, as the app does', async () => {
      const { leaseId } = grantIn(
        await httpClient(on.daemon.url).call('Acquire', { name: LOCK, ttl: '30s' }),
      );
      const text = async (path: string, init?: RequestInit): Promise<string> =>
        (await fetch(on.daemon.url + path, init)).text();
      expect(await text('/read_counter')).to.match(/^\{"counter":\d+\}\n$/);
      const form = { method: 'POST', body: new URLSearchParams({ sleep: '0' }) };
      expect(await text('/increase_counter', form)).to.match(
        /^\{"counter":\d+,"error":"[^"]+"\}\n$/,
      );
      await httpClient(on.daemon.url).call('Release', { name: LOCK, leaseId });
    });

    it('takes a multipart form too', async () => {
      const form = new FormData();
      form.append('sleep', '0');
      const before = (await read()) ?? 0;
      expect(await increase(form)).to.deep.equal({ status: 200, json: { counter: before + 1 } });
    });

    it('answers two calls in parallel with one 200 and one 503', async () => {
      const before = (await read()) ?? 0;
      const answers = await Promise.all([sleep(1), sleep(1)]);
      const [done, refused] = answers.sort((a, b) => a.status - b.status);
      expect(done).to.deep.equal({ status: 200, json: { counter: before + 1 } });
      const error = 'the lock is in use; try again';
      expect(refused).to.deep.equal({ status: 503, json: { counter: before, error } });
      expect(await read()).to.equal(before + 1);
      expect(await held()).to.equal(false);
    });

    it('answers 408 when the lock expires, not after the sleep, and counts nothing', async () => {
      const before = await read();
      const startedMs = performance.now();
      const { status, json } = await sleep(3600);
      expect(performance.now() - startedMs).to.be.within(2000, 15_000);
      expect(status).to.equal(408);
      expect(json.error).to.contain('unchanged');
      expect(json.counter).to.equal(before);
      expect(await read()).to.equal(before);
      expect(await held()).to.equal(false);
    });

    it('answers 408 to a sleep of exactly the TTL, and to one that no clock can count', async () => {
      expect((await sleep(2)).status).to.equal(408);
      expect((await sleep('9'.repeat(40))).status).to.equal(408);
    });

    it('shares its lock with everybody, and its counter with the API', async () => {
      const client = httpClient(on.daemon.url);
      const { leaseId } = grantIn(await client.call('Acquire', { name: LOCK, ttl: '30s' }));
      expect((await sleep(0)).status).to.equal(503);
      await client.call('Release', { name: LOCK, leaseId });
      await client.call('SetCounter', { name: 'counter', value: 41 });
      expect(await sleep(0)).to.deep.equal({ status: 200, json: { counter: 42 } });
    });

    it('counts nothing for a caller that hangs up, and frees the lock', async () => {
      const before = await read();
      const gone = new AbortController();
      const call = fetch(`${on.daemon.url}/increase_counter`, {
        method: 'POST',
        body: new URLSearchParams({ sleep: '1' }),
        signal: gone.signal,
      }).catch(() => 'gone');
      await eventually('the lock is held', held);
      gone.abort();
      expect(await call).to.equal('gone');
      await eventually('the lock is free', async () => !(await held()), 2000);
      expect(await read()).to.equal(before);
    });

    for (const bad of ['', ' ', '-1', '1.5', '1e3', '0x10', 'ten', '5s', 'NaN', '١']) {
      it(`answers 400 to sleep=${bad}`, async () => {
        const { status, json } = await sleep(bad);
        expect(status).to.equal(400);
        expect(json.error).to.contain('whole seconds');
      });
    }

    it('answers 400 to a call without sleep, or with two, or with JSON', async () => {
      for (const body of [
        new URLSearchParams({ a: '1' }),
        new URLSearchParams('sleep=1&sleep=2'),
      ]) {
        expect((await increase(body)).status).to.equal(400);
      }
      expect((await increase('{"sleep":1}')).status).to.equal(400);
      expect((await ask('/increase_counter', { method: 'POST' })).status).to.equal(400);
    });

    it('answers 405 with Allow to another method', async () => {
      for (const [method, path, allow] of [
        ['POST', '/read_counter', 'GET'],
        ['GET', '/increase_counter', 'POST'],
      ] as const) {
        const response = await fetch(on.daemon.url + path, { method });
        expect(response.status).to.equal(405);
        expect(response.headers.get('allow')).to.equal(allow);
      }
    });
  });
}
