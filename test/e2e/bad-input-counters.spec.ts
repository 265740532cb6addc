import { expect } from 'chai';
import { WireError, type Json, type Method, type WireClient } from '../support/wire-client.js';
import { ask, request } from './raw-http.js';
import { daemonOf, embeddedWorld, etcdWorld, grantIn, WIRES } from './worlds.js';

const JSON_TYPE = 'content-type: application/json';
const LONG = 'a'.repeat(1025);
const DIGEST = 'a'.repeat(64);

/** Each is refused with INVALID_ARGUMENT that names the field; the counter is `c` if no name is given. */
const REFUSED: readonly (readonly [string, Method, Json, string])[] = [
  ['a name above 1 KiB', 'Add', { name: LONG }, 'name'],
  ['a name with NUL', 'SetCounter', { name: 'a\u0000b' }, 'name'],
  ['a name with a segment ..', 'DeleteCounter', { name: 'a/../b' }, 'name'],
  ['a name with DEL', 'IncreaseExclusive', { name: 'a\u007fb' }, 'name'],
  ['an empty name', 'GetCounter', { name: '' }, 'name'],
  ['bounds that leave no value', 'Add', { min: 2, max: 1 }, 'max'],
  ['a request id above 256 bytes', 'Add', { requestId: 'r'.repeat(257) }, 'request_id'],
  ['a request id with a newline', 'SetCounter', { requestId: 'a\nb' }, 'request_id'],
  ["a fence's token of 0", 'Add', { fence: { lock: 'l', token: 0 } }, 'fence.token'],
  ["a fence's negative token", 'DeleteCounter', { fence: { lock: 'l', token: -1 } }, 'fence.token'],
  ['a fence without a lock', 'Add', { fence: { token: 5 } }, 'fence.lock'],
  ["a fence's lock above 1 KiB", 'Add', { fence: { lock: LONG, token: 5 } }, 'fence.lock'],
  ['a hold above the bound', 'IncreaseExclusive', { hold: '3601s' }, 'hold'],
  ['a TTL of 0', 'IncreaseExclusive', { ttl: '0s' }, 'ttl'],
  ['a TTL above the maximum', 'IncreaseExclusive', { ttl: '86401s' }, 'ttl'],
  ['a lock above 1 KiB', 'IncreaseExclusive', { lock: LONG }, 'lock'],
  ['an owner with a control character', 'IncreaseExclusive', { owner: 'a\u001bb' }, 'owner'],
  ['a page too large', 'ListCounters', { name: undefined, pageSize: 1001 }, 'page_size'],
  ['a strange page token', 'ListCounters', { name: undefined, pageToken: '\u00ff' }, 'page_token'],
  ['a prefix with NUL', 'ListCounters', { name: undefined, prefix: '\u0000' }, 'prefix'],
  ['no message', 'PutMessage', { name: undefined }, 'message'],
  ['a digest too short', 'GetMessage', { name: undefined, digest: DIGEST.slice(1) }, 'digest'],
  ['a digest in upper case', 'GetMessage', { name: undefined, digest: 'A'.repeat(64) }, 'digest'],
  ['what is no digest to delete', 'DeleteMessage', { name: undefined, digest: 'x' }, 'digest'],
  ['what is no digest', 'GetMessage', { name: undefined, digest: '__proto__' }, 'digest'],
];

for (const [wire, connect] of WIRES) {
  describe(`bad requests for counters and messages over ${wire}`, function () {
    this.timeout(60_000);
    const env = { SHARED_LOCK_LIMIT_WATCH_BACKLOG: '5' };
    const on = daemonOf(embeddedWorld, () => ({ env }));
    let client: WireClient;

    before(() => {
      client = connect(on.daemon);
    });

    after(() => client.close());

    async function faultOf(call: Promise<unknown>): Promise<WireError> {
      try {
        await call;
      } catch (error) {
        if (error instanceof WireError) return error;
        throw error;
      }
      throw new Error('it was accepted');
    }

    for (const [what, method, rest, field] of REFUSED) {
      it(`refuses ${what} (${method})`, async () => {
        const message: Json = { name: 'c', ...rest };
        if (message.name === undefined) delete message.name;
        const fault = await faultOf(client.call(method, message));
        expect(fault.code).to.equal('INVALID_ARGUMENT', fault.message);
        expect(fault.message).to.match(new RegExp(`^${field}: `));
        expect(await client.call('GetCounter', { name: 'c' })).to.have.property('value', '0');
      });
    }

    for (const name of ['__proto__', 'constructor', 'toString', 'a/b', 'a%2Fb', 'é', 'a:add']) {
      it(`counts ${JSON.stringify(name)} like any other name`, async () => {
        expect(await client.call('Add', { name, delta: 2 })).to.have.property('value', '2');
        expect(await client.call('GetCounter', { name })).to.include({ name, value: '2' });
        const listed = await client.call('ListCounters', { prefix: name });
        expect((listed.counters as Json[]).map((counter) => counter.name)).to.include(name);
      });
    }

    it('never takes a token above 2^53 for the current one', async () => {
      grantIn(await client.call('Acquire', { name: 'l' }));
      for (const token of ['9007199254740993', '9223372036854775807']) {
        const add = client.call('Add', { name: 'c', delta: 1, fence: { lock: 'l', token } });
        expect((await faultOf(add)).code).to.equal('FAILED_PRECONDITION');
      }
    });

    it('keeps every digit of 64 bits', async () => {
      for (const value of ['9223372036854775807', '-9223372036854775808', '9007199254740993']) {
        await client.call('SetCounter', { name: 'digits', value });
        expect(await client.call('GetCounter', { name: 'digits' })).to.have.property(
          'value',
          value,
        );
      }
    });

    it('refuses to watch from -1, or from a revision of the future', async () => {
      for (const fromRevision of ['-1', '900719925474099']) {
        const events = client.stream('WatchCounter', { name: 'c', fromRevision });
        const first = events[Symbol.asyncIterator]().next();
        expect((await faultOf(first)).code).to.equal('INVALID_ARGUMENT');
      }
    });

    // Over HTTP some megabytes wait in the sockets before the daemon notices.
    if (wire === 'gRPC')
      it('ends a watcher that does not read, and says from where to go on', async () => {
        const name = `slow ${'x'.repeat(1000)}`;
        const events = client.stream('WatchCounter', { name })[Symbol.asyncIterator]();
        await events.next();
        for (let n = 0; n < 400; n++) await client.call('Add', { name, delta: 1 });
        let last: Json = {};
        const fault = await faultOf(
          (async () => {
            for (;;) last = (await events.next()).value as Json;
          })(),
        );
        expect(fault.code).to.equal('RESOURCE_EXHAUSTED');
        expect(fault.message).to.match(new RegExp(`from revision ${String(last.revision)}$`));
        const resumed = client.stream('WatchCounter', { name, fromRevision: last.revision });
        for await (const next of resumed) {
          expect(Number(next.value)).to.be.above(Number(last.value));
          break;
        }
      });

    it('takes a message of exactly the limit over gRPC, and refuses a longer one', async () => {
      const message = 'é'.repeat(512 * 1024);
      const limit = client.call('PutMessage', { message });
      // Over HTTP the body, which is longer, is at its own limit.
      if (wire === 'HTTP') expect((await faultOf(limit)).code).to.equal('RESOURCE_EXHAUSTED');
      else expect(await limit).to.have.property('digest');
      const longer = await faultOf(client.call('PutMessage', { message: `${message}a` }));
      expect(longer.code).to.equal(wire === 'HTTP' ? 'RESOURCE_EXHAUSTED' : 'INVALID_ARGUMENT');
    });
  });
}

describe('a watch of a counter on etcd that begins before what is compacted', function () {
  this.timeout(60_000);

  for (const [wire, connect] of WIRES) {
    it(`is refused over ${wire} with the revision up to which it is`, async () => {
      const world = await etcdWorld();
      const daemon = await world.start();
      const client = connect(daemon);
      try {
        for (let n = 0; n < 3; n++) await client.call('Add', { name: 'c', delta: 1 });
        const { revision } = await client.call('GetCounter', { name: 'c' });
        await world.etcd.compact(Number(revision));
        const events = client.stream('WatchCounter', { name: 'c', fromRevision: 1 });
        const fault: unknown = await events[Symbol.asyncIterator]()
          .next()
          .catch((error: unknown) => error);
        expect(fault).to.have.property('code', 'OUT_OF_RANGE');
        expect(String(fault)).to.contain(`up to ${String(revision)}`);
      } finally {
        client.close();
        await daemon.dispose();
        await world.close();
      }
    });
  }
});

describe('bad bytes for counters and messages over HTTP', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);

  const ADD = 'POST /v1/counters/c:add';
  const DELETE = 'DELETE /v1/counters/c';
  const rows: readonly (readonly [string, number, string, string | Buffer])[] = [
    ['a delta of 1.5', 400, ADD, '{"delta":1.5}'],
    ['a delta of "1.5"', 400, ADD, '{"delta":"1.5"}'],
    ['a delta of 1e2', 400, ADD, '{"delta":1e2}'],
    ['a delta that is text', 400, ADD, '{"delta":"one"}'],
    ['a delta that is true', 400, ADD, '{"delta":true}'],
    ['a delta past int64', 400, ADD, '{"delta":"9223372036854775808"}'],
    ['a number beyond 2^53', 400, ADD, '{"delta":9007199254740993}'],
    ['a fence that is a number', 400, ADD, '{"delta":1,"fence":5}'],
    ['an unknown member of a fence', 400, ADD, '{"delta":1,"fence":{"lock":"l","tokn":5}}'],
    ['a negative hold', 400, 'POST /v1/counters/c:increaseExclusive', '{"hold":"-1s"}'],
    ['an unknown member', 400, ADD, '{"deltta":1}'],
    ['__proto__ as a member', 400, ADD, '{"__proto__":{"delta":1}}'],
    ['a body that is cut', 400, ADD, '{"delta":'],
    ['JSON of 10,000 levels', 400, ADD, '{"fence":' + '{"fence":'.repeat(10_000)],
    ['a member that is there twice', 400, ADD, '{"delta":1,"delta":2}'],
    ['a byte order mark', 400, ADD, '\ufeff{"delta":1}'],
    ['bytes after the JSON', 400, ADD, '{"delta":1}{}'],
    ['what is not UTF-8', 400, ADD, Buffer.from([0x7b, 0xff, 0x7d])],
    ['a body above the limit', 413, ADD, `{"requestId":"${'a'.repeat(1024 * 1024)}"}`],
    ['an expected that is no number', 400, `${DELETE}?expected=1.5`, ''],
    ['a fence as a whole in a query', 400, `${DELETE}?fence=5`, ''],
    ['a token that is no number', 400, `${DELETE}?fence.lock=l&fence.token=abc`, ''],
    ['a lock twice in a query', 400, `${DELETE}?fence.lock=l&fence.lock=m`, ''],
    ['an unknown part of a fence', 400, `${DELETE}?fence.tokn=5`, ''],
    ['%zz in a name', 400, 'GET /v1/counters/%zz', ''],
    ['an encoded .. as a name', 400, 'GET /v1/counters/%2e%2e', ''],
    ['a lone surrogate in a message', 400, 'POST /v1/messages', '{"message":"\\udc00"}'],
    ['a message that is no text', 400, 'POST /v1/messages', '{"message":5}'],
    ['a slash in a digest', 400, `GET /v1/messages/${DIGEST}%2F`, ''],
  ];
  for (const [what, status, line, body] of rows) {
    it(`answers ${status} to ${what}, and goes on`, async () => {
      const answer = await ask(on.daemon.httpPort, request(line, [JSON_TYPE], body));
      expect(answer.status).to.equal(status, answer.body);
      expect(JSON.parse(answer.body)).to.include.all.keys('code', 'message', 'details');
      const counter = await ask(on.daemon.httpPort, request('GET /v1/counters/c'));
      expect(counter.body).to.contain('"value":"0"');
    });
  }
});
