import { status as codes } from '@grpc/grpc-js';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { grpcClient, httpClient, WireError } from '../support/wire-client.js';
import type { Json, Method, WireClient } from '../support/wire-client.js';
import { RawConnection, request } from './raw-http.js';
import { call, encode, frame, openCall, openSession } from './raw-grpc.js';
import { eventually, grantIn } from './worlds.js';

/** The same value as each wire has it; undefined where one can't say it at all. */
interface PerWire {
  readonly http?: unknown;
  readonly grpc?: unknown;
}

const seconds = (value: string): PerWire => ({
  http: `${value}s`,
  grpc: { seconds: value, nanos: 0 },
});

const BAD_TTLS: readonly (readonly [string, PerWire])[] = [
  ['0', seconds('0')],
  ['negative', seconds('-1')],
  ['above the maximum', seconds('86401')],
  ['beyond 2^31 ms', seconds('2147484')],
  ['beyond 2^53 ms', seconds('315576000000')],
  ['10', { http: '10' }],
  ['1.5', { http: '1.5' }],
  ['NaN', { http: 'NaN' }],
  ['a number', { http: 10 }],
];

const BAD_LEASES: readonly (readonly [string, PerWire])[] = [
  ['0', { http: '0', grpc: '0' }],
  ['negative', { http: '-5', grpc: '-5' }],
  ['above int64', { http: '9223372036854775808' }],
  ['abc', { http: 'abc' }],
  ['with a sign', { http: '+5' }],
  ['with leading zeros', { http: '005' }],
];

const BAD_NAMES: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['above 1 KiB', 'a'.repeat(1025)],
  ['above 1 KiB in UTF-8', '\u00e9'.repeat(513)],
  ['with NUL', 'a\u0000b'],
  ['with a newline', 'a\nb'],
  ['with DEL', 'a\u007fb'],
  ['with a C1 control character', 'a\u0085b'],
  ['with a segment ..', 'a/../b'],
  ['that is ..', '..'],
  ['with a segment .', './a'],
];

for (const wire of ['grpc', 'http'] as const) {
  describe(`bad requests over ${wire}`, function () {
    this.timeout(60_000);
    let daemon: DaemonProcess;
    let client: WireClient;

    before(async () => {
      daemon = await DaemonProcess.start();
      client = wire === 'grpc' ? grpcClient(daemon.grpcAddress) : httpClient(daemon.url);
    });

    after(async () => {
      client.close();
      await daemon.dispose();
    });

    async function faultOf(method: Method, message: Json): Promise<WireError> {
      try {
        await client.call(method, message);
      } catch (error) {
        if (error instanceof WireError) return error;
        throw error;
      }
      throw new Error('it was accepted');
    }

    for (const [what, values] of BAD_TTLS) {
      const ttl = values[wire];
      if (ttl === undefined) continue;
      it(`refuses a TTL: ${what}`, async () => {
        for (const [method, message] of [
          ['CreateLease', { ttl }],
          ['Acquire', { name: 'ttl', ttl }],
        ] as const) {
          const fault = await faultOf(method, message);
          expect(fault.code).to.equal('INVALID_ARGUMENT');
          expect(fault.message).to.match(/^ttl: must be/);
        }
        expect(await client.call('GetLock', { name: 'ttl' })).to.include({ held: false });
      });
    }

    it('grants the minimum where less is asked, and says so', async () => {
      const grant = grantIn(await client.call('CreateLease', { ttl: '0.1s' }));
      expect(grant.ttl).to.equal('1s');
    });

    for (const [what, values] of BAD_LEASES) {
      const leaseId = values[wire];
      if (leaseId === undefined) continue;
      it(`refuses a lease ID: ${what}`, async () => {
        for (const method of ['KeepAlive', 'GetLease', 'RevokeLease'] as const) {
          expect((await faultOf(method, { leaseId })).code).to.equal('INVALID_ARGUMENT', method);
        }
        const released = await faultOf('Release', { name: 'a', leaseId });
        expect(released.code).to.equal('INVALID_ARGUMENT');
      });
    }

    for (const [what, name] of BAD_NAMES) {
      it(`refuses a name ${what}`, async () => {
        const fault = await faultOf('Acquire', { name });
        expect(fault.code).to.equal('INVALID_ARGUMENT');
        expect(fault.message).to.match(/^name: /);
        if (name !== '') {
          expect((await faultOf('CreateLease', { key: name })).code).to.equal('INVALID_ARGUMENT');
        }
      });
    }

    for (const name of ['__proto__', 'constructor', 'toString', 'a/b', 'a%2Fb', '\u00e9', ' ']) {
      it(`takes ${JSON.stringify(name)} as an ordinary name and label`, async () => {
        const labels = Object.fromEntries([[name, 'x']]);
        grantIn(await client.call('Acquire', { name, labels }));
        const lock = await client.call('GetLock', { name });
        expect(lock).to.include({ name, held: true });
        const [holder] = lock.holders as Json[];
        expect(Object.entries(holder?.labels ?? {})).to.deep.equal([[name, 'x']]);
      });
    }

    it('answers NOT_FOUND to the renewal of a lease that was never made, or has ended', async () => {
      expect((await faultOf('KeepAlive', { leaseId: '12345' })).code).to.equal('NOT_FOUND');
      const { leaseId } = grantIn(await client.call('CreateLease', { ttl: '1s' }));
      await eventually('it has ended', async () => {
        return (await faultOf('GetLease', { leaseId }).catch(() => undefined)) !== undefined;
      });
      const fault = await faultOf('KeepAlive', { leaseId });
      expect(fault.code).to.equal('NOT_FOUND');
      expect(fault.message).not.to.contain(leaseId);
      expect((await faultOf('GetLease', { leaseId })).code).to.equal('NOT_FOUND');
    });

    it('answers FAILED_PRECONDITION to a release by another lease or token, the holder untouched', async () => {
      const grant = grantIn(await client.call('Acquire', { name: 'mine' }));
      const other = grantIn(await client.call('CreateLease', {}));
      const token = String(Number(grant.fencingToken) + 1);
      for (const message of [
        { name: 'mine', leaseId: other.leaseId },
        { name: 'mine', leaseId: grant.leaseId, fencingToken: token },
        { name: 'mine', leaseId: grant.leaseId, fencingToken: '9223372036854775807' },
      ]) {
        expect((await faultOf('Release', message)).code).to.equal('FAILED_PRECONDITION');
      }
      expect(await client.call('CheckToken', { name: 'mine', fencingToken: grant.fencingToken }))
        .to //
        .include({ current: true });
    });

    it('refuses a wait above the bound', async () => {
      for (const wait of ['3601s', '999999999s']) {
        expect((await faultOf('Acquire', { name: 'w', wait })).code).to.equal('INVALID_ARGUMENT');
      }
    });

    it('never takes a token above 2^53 for the current one, and refuses a negative one', async () => {
      grantIn(await client.call('Acquire', { name: 'token' }));
      const check = (fencingToken: string): Promise<Json> =>
        client.call('CheckToken', { name: 'token', fencingToken });
      expect(await check('9007199254740993')).to.include({ current: false });
      const fault = await faultOf('CheckToken', { name: 'token', fencingToken: '-1' });
      expect(fault.code).to.equal('INVALID_ARGUMENT');
    });

    it('refuses an owner with control characters, labels without a name, and too many of them', async () => {
      const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, '']));
      for (const message of [{ owner: 'a\u001bb' }, { labels: { '': 'x' } }, { labels: many }]) {
        const fault = await faultOf('Acquire', { name: 'labels', ...message });
        expect(fault.code).to.equal('INVALID_ARGUMENT');
      }
    });

    it('refuses a page token that it did not give', async () => {
      for (const method of ['ListLocks', 'ListLeases'] as const) {
        const fault = await faultOf(method, { pageToken: 'garbage\u00ff' });
        expect(fault.code).to.equal('INVALID_ARGUMENT');
      }
    });
  });
}

describe('a caller who goes away while waiting', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let client: WireClient;

  before(async () => {
    daemon = await DaemonProcess.start();
    client = httpClient(daemon.url);
  });

  after(() => daemon.dispose());

  async function waiters(name: string): Promise<unknown> {
    return (await client.call('GetLock', { name })).waiterCount;
  }

  it('leaves nothing behind over HTTP', async () => {
    const { leaseId } = grantIn(await client.call('Acquire', { name: 'http' }));
    const type = 'content-type: application/json';
    const body = '{"wait":"60s"}';
    const gone = new RawConnection(daemon.httpPort);
    gone.send(request('POST /v1/locks/http:acquire', [type], body));
    await eventually('it waits', async () => (await waiters('http')) === 1);
    gone.end();
    await eventually('it is gone', async () => (await waiters('http')) === 0);
    await client.call('Release', { name: 'http', leaseId });
    expect(await client.call('GetLock', { name: 'http' })).to.include({ held: false });
  });

  it('leaves nothing behind over gRPC, whether it hangs up or its deadline passes', async () => {
    const { leaseId } = grantIn(await client.call('Acquire', { name: 'grpc' }));
    const message = frame(encode('AcquireRequest', { name: 'grpc', wait: { seconds: '60' } }));
    const session = openSession(daemon.grpcPort);
    openCall(session, '/sharedlock.v1.LockService/Acquire').end(message);
    await eventually('it waits', async () => (await waiters('grpc')) === 1);
    session.destroy();
    await eventually('it is gone', async () => (await waiters('grpc')) === 0);
    const late = await call(daemon.grpcPort, '/sharedlock.v1.LockService/Acquire', message, {
      'grpc-timeout': '500m',
    });
    expect(late.code).to.equal(codes.DEADLINE_EXCEEDED);
    await eventually('it is gone', async () => (await waiters('grpc')) === 0);
    await client.call('Release', { name: 'grpc', leaseId });
    expect(await client.call('GetLock', { name: 'grpc' })).to.include({ held: false });
  });
});
