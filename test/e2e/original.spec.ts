import { expect } from 'chai';
import { httpClient } from '../support/wire-client.js';
import { daemonOf, grantIn, pause, WORLDS } from './worlds.js';

const YEAR_S = 365 * 86_400;

for (const [engine, open] of WORLDS) {
  describe(`The original's routes on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open, () => ({ env: { SHARED_LOCK_CACHE_ENABLED: 'true' } }));

    /** Status and body, as `202 0`. */
    const post = async (path: string, body: string, ttl?: string): Promise<string> => {
      const headers = { 'content-type': 'application/json', ...(ttl && { 'x-lease-ttl': ttl }) };
      const response = await fetch(on.daemon.url + path, { method: 'POST', headers, body });
      return `${response.status} ${await response.text()}`;
    };

    /** The lines of a metric, without its name. */
    const metric = async (name: string): Promise<string[]> =>
      (await (await fetch(`${on.daemon.url}/metrics`)).text())
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => line.slice(name.length));

    it('answers its documented calls, and counts them in its words, once each', async () => {
      const taken = await post('/lease', '{"key": "value"}', '60s');
      expect(taken).to.match(/^201 [1-9][0-9]{0,18}$/);
      expect(await post('/lease', '{"key": "value"}', '60s')).to.equal('202 0');
      expect(await post('/keepalive', taken.slice(4))).to.equal('200 ');
      expect(await post('/keepalive', '12345')).to.equal('204 ');
      expect(await post('/keepalive', '-5')).to.equal('204 ');
      expect((await fetch(`${on.daemon.url}/health`)).status).to.equal(200);
      const client = httpClient(on.daemon.url);
      const { leaseId } = grantIn(await client.call('CreateLease', { ttl: '30s' }));
      await client.call('KeepAlive', { leaseId });
      const counted = await metric('shared_lock_lease_operations_total');
      expect(counted.sort()).to.deep.equal([
        '{operation="get",status="accepted"} 1',
        '{operation="get",status="created"} 1',
        '{operation="prolong",status="failure"} 2',
        '{operation="prolong",status="success"} 1',
      ]);
      expect((await metric('shared_lock_lease_requests_total')).sort()).to.deep.equal([
        '{operation="create",status="held"} 1',
        '{operation="create",status="success"} 2',
        '{operation="renew",status="not_found"} 1',
        '{operation="renew",status="success"} 2',
      ]);
      const cache = await metric('shared_lock_cache_operations_total');
      for (const line of cache)
        expect(line).to.match(/"get",status="(?:hit|miss)"|"set",status="success"/);
    });

    it('grants a year to its callers, and still has the lock some time later', async () => {
      const taken = await post('/lease', '{"key": "long"}', '8760h');
      expect(taken).to.match(/^201 /);
      await pause(500);
      expect(await post('/lease', '{"key": "long"}')).to.equal('202 0');
      expect(await post('/keepalive', taken.slice(4))).to.equal('200 ');
      const lock = await httpClient(on.daemon.url).call('GetLock', { name: 'long' });
      const [holder] = lock.holders as [{ remainingTtl: string }];
      expect(Number.parseFloat(holder.remainingTtl)).to.be.within(YEAR_S - 120, YEAR_S);
      expect(await post('/lease', '{"key": "longer"}', '8761h')).to.match(/^400 .*8760h0m0s/);
    });
  });
}
