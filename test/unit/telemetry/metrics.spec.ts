import { expect } from 'chai';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.js';
import { SILENT } from '../../support/silent-logger.js';
import { until } from '../../support/until.js';

describe('the metrics', () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = createMetrics('1.2.3');
  });

  /** The lines of a metric, `{labels} value`. */
  const linesOf = async (name: string): Promise<string[]> =>
    (await metrics.text())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .map((line) => line.slice(name.length));

  it("keep the original's three names for what it counts, with its words and no others", async () => {
    const service = metrics.serviceTelemetry({ logger: SILENT, audit: () => undefined });
    metrics.originalLease('get', 'created', 0.1);
    metrics.originalLease('prolong', 'failure', 0.1);
    service.leaseOperation('create', 'success', 0.1);
    service.leaseOperation('renew', 'not_found', 0.1);
    service.cacheOperation('get', 'hit');
    service.cacheOperation('set', 'success');
    service.cacheOperation('evict', 'success');
    service.cacheOperation('config_get', 'hit');
    expect(await linesOf('shared_lock_lease_operations_total')).to.deep.equal([
      '{operation="get",status="created"} 1',
      '{operation="prolong",status="failure"} 1',
    ]);
    expect(await linesOf('shared_lock_lease_grant_duration_seconds_count')).to.deep.equal([
      '{operation="get"} 1',
      '{operation="prolong"} 1',
    ]);
    expect(await linesOf('shared_lock_cache_operations_total')).to.deep.equal([
      '{operation="get",status="hit"} 1',
      '{operation="set",status="success"} 1',
    ]);
  });

  it('count leases by all ways, and what is in memory, under names of their own', async () => {
    const service = metrics.serviceTelemetry({ logger: SILENT, audit: () => undefined });
    service.leaseOperation('create', 'held', 0.1);
    service.cacheOperation('evict', 'success');
    service.cacheOperation('config_get', 'stale');
    expect(await linesOf('shared_lock_lease_requests_total')).to.deep.equal([
      '{operation="create",status="held"} 1',
    ]);
    expect(await linesOf('shared_lock_lease_request_duration_seconds_count')).to.deep.equal([
      '{operation="create"} 1',
    ]);
    expect(await linesOf('shared_lock_memory_operations_total')).to.deep.equal([
      '{operation="evict",status="success"} 1',
      '{operation="config_get",status="stale"} 1',
    ]);
    expect(await linesOf('shared_lock_lease_operations_total')).to.deep.equal([]);
  });

  it('count calls by wire, service, method and code', async () => {
    const call = { wire: 'http', service: 's.S', method: 'M', code: 'OK' } as const;
    metrics.observeRpc({ ...call, seconds: 0.02 });
    const text = await metrics.text();
    const labels = 'wire="http",service="s.S",method="M",code="OK"';
    expect(text).to.contain(`shared_lock_rpc_total{${labels}} 1`);
    expect(text).to.contain(`shared_lock_rpc_duration_seconds_bucket{le="0.025",${labels}} 1`);
    expect(text).to.contain(`shared_lock_rpc_duration_seconds_bucket{le="0.01",${labels}} 0`);
  });

  it('count refusals by reason', async () => {
    metrics.refused('http', 'REQUEST_LIMIT');
    const labels = 'wire="http",reason="REQUEST_LIMIT"';
    expect(await metrics.text()).to.contain(`shared_lock_refused_total{${labels}} 1`);
  });

  it('tell of locks, leases and waiters', async () => {
    const service = metrics.serviceTelemetry({ logger: SILENT, audit: () => undefined });
    service.waiters(3);
    service.counted({ leases: 5, locks: 4 });
    service.lockWaited(2);
    service.lockHeld(20);
    const text = await metrics.text();
    for (const line of [
      'shared_lock_waiters 3',
      'shared_lock_leases 5',
      'shared_lock_locks_held 4',
      'shared_lock_lock_wait_seconds_sum 2',
      'shared_lock_lock_hold_seconds_sum 20',
    ]) {
      expect(text).to.contain(`${line}\n`);
    }
  });

  it('tell what is taken of the limits when they are asked', async () => {
    let requests = 1;
    metrics.showInUse(() => ({ requests }));
    requests = 2;
    expect(await metrics.text()).to.contain('shared_lock_in_use{of="requests"} 2\n');
  });

  it('tell of the store', async () => {
    metrics.storeUp(true);
    metrics.observeStore('transact', 0.002, true);
    metrics.observeStore('transact', 6, false);
    const text = await metrics.text();
    const name = 'shared_lock_store_operation_duration_seconds_count';
    expect(text).to.contain('shared_lock_store_up 1\n');
    expect(text).to.contain(`${name}{operation="transact",status="success"} 1`);
    expect(text).to.contain(`${name}{operation="transact",status="failure"} 1`);
  });

  it('tell of the process, the lag of its event loop and its version', async () => {
    const text = await metrics.text();
    expect(text).to.contain('nodejs_eventloop_lag_seconds');
    expect(text).to.contain('process_cpu_seconds_total');
    expect(text).to.contain('shared_lock_build_info{version="1.2.3"} 1');
  });

  it('are in a registry of their own', async () => {
    metrics.storeUp(true);
    expect(await createMetrics('1.2.3').text()).to.contain('shared_lock_store_up 0');
  });

  it('hand audits on', () => {
    const lines: unknown[] = [];
    const audit = (...line: unknown[]): void => void lines.push(line);
    metrics.serviceTelemetry({ logger: SILENT, audit }).audit('force-release', { lock: 'a' });
    expect(lines).to.deep.equal([['force-release', { lock: 'a' }]]);
  });

  it('wake an idle process only ten times a second for the delay of the event loop', async () => {
    // It counts what lies between two looks; nothing is told before the first.
    const told = async (): Promise<number> => {
      const [, value = '0'] =
        /^nodejs_eventloop_lag_p50_seconds ([0-9.e+-]+)$/m.exec(await metrics.text()) ?? [];
      return Number(value);
    };
    // After a pause of the process some looks come one right after the other.
    await until('the looks of an idle process are told', async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      return (await told()) > 0.09;
    });
  });
});
