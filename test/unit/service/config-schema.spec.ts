import { expect } from 'chai';
import { keyLayout } from '../../../src/core/keys.js';
import type { Config } from '../../../src/core/config-document.js';
import type { MemoryStore } from '../../../src/store/memory/memory-store.js';
import {
  caller,
  faultOf,
  memoryStore,
  startDaemon,
  type TestDaemon,
} from '../../support/services.js';
import { put, requests, textOf } from './config-requests.js';

const SCHEMA =
  '{"type":"object","required":["port"],"properties":{"port":{"type":"integer","maximum":65535}}}';

describe('the schema of a document', function () {
  // A thread that checks is started, and started anew where it was ended.
  this.timeout(60_000);
  let store: MemoryStore;
  let daemon: TestDaemon;
  let at: { readonly name: string };
  let documents = 0;

  before(() => {
    const memory = memoryStore();
    ({ store } = memory);
    daemon = startDaemon(store, memory.clock);
  });

  beforeEach(() => {
    at = { name: `app${++documents}` };
  });

  after(async () => {
    await daemon.stop();
    await store.close();
  });

  const violation = async (write: Promise<Config>): Promise<unknown> => {
    const fault = (await faultOf(write)) as { details: { reason: string; metadata: object } };
    expect(fault.details.reason).to.equal('SCHEMA_VIOLATION');
    return fault;
  };

  it('is checked by the write that brings it', async () => {
    await violation(put(daemon, '{}', { ...at, schema: SCHEMA }));
    expect(await put(daemon, '{"port":1}', { ...at, schema: SCHEMA })).to.include({
      schema: SCHEMA,
    });
  });

  it('is checked by all later writes, and the error names the path', async () => {
    await put(daemon, '{"port":1}', { ...at, schema: SCHEMA });
    for (const write of [
      () => put(daemon, '{"port":99999}', at),
      () => daemon.configs.patch(requests.patch('{"port":"x"}', at), caller()),
    ]) {
      const fault = await violation(write());
      expect(fault).to.have.nested.property('details.metadata.path', '/port');
      expect(fault).to.have.property('message').that.contains('/port must be');
    }
    expect(await textOf(daemon, at)).to.equal('{"port":1}');
  });

  it('is checked by a rollback to a version from before it', async () => {
    await put(daemon, '{}', at);
    await put(daemon, '{"port":1}', { ...at, schema: SCHEMA });
    await violation(daemon.configs.rollback({ ...requests.write, ...at, version: 0 }, caller()));
  });

  it('stays until it is removed', async () => {
    await put(daemon, '{"port":1}', { ...at, schema: SCHEMA });
    expect(await put(daemon, '{"port":2}', at)).to.include({ schema: SCHEMA });
    expect(await put(daemon, '7', { ...at, schema: '' })).to.include({ schema: '' });
    await put(daemon, '8', at);
  });

  it('does not take toString for a member', async () => {
    await violation(put(daemon, '{}', { ...at, schema: '{"required":["toString"]}' }));
  });

  it('may be of a newer draft', async () => {
    const schema =
      '{"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[{"type":"string"}]}';
    await violation(put(daemon, '[1]', { ...at, schema }));
  });

  for (const schema of [
    '{',
    '[]',
    '7',
    '{"type":"nothing"}',
    '{"$ref":"http://x/y"}',
    '{"$async":true}',
  ]) {
    it(`is refused if it is ${schema}`, async () => {
      const fault = await faultOf(put(daemon, '1', { ...at, schema }));
      expect(fault).to.have.nested.property('details.field', 'schema');
    });
  }

  it('is refused above 128 KiB', async () => {
    const schema = JSON.stringify({ description: 'x'.repeat(128 * 1024) });
    expect(await faultOf(put(daemon, '1', { ...at, schema }))).to.have.property(
      'code',
      'INVALID_ARGUMENT',
    );
  });

  it('may be true, which all satisfy, or false, which none does', async () => {
    await put(daemon, '1', { ...at, schema: 'true' });
    await violation(put(daemon, '1', { ...at, schema: 'false' }));
  });

  it('may have a pattern that takes others for ever', async () => {
    const document = JSON.stringify(`${'a'.repeat(50)}!`);
    await violation(put(daemon, document, { ...at, schema: '{"pattern":"^(a+)+$"}' }));
  });

  it('is refused if it refers to itself without end', async () => {
    const fault = await faultOf(put(daemon, '1', { ...at, schema: '{"$ref":"#"}' }));
    expect(fault).to.include({ code: 'INVALID_ARGUMENT' });
    expect(fault).to.have.nested.property('details.reason', 'SCHEMA_ENDLESS');
  });

  context('when a pattern takes for ever with one document', () => {
    const schema = '{"pattern":"^(?=a)(a+)+$"}';
    const hostile = JSON.stringify(`${'a'.repeat(50)}!`);

    it('is refused with that one, at once if it comes again, and named', async () => {
      const fault = await faultOf(put(daemon, hostile, { ...at, schema }));
      expect(fault).to.have.nested.property('details.reason', 'SCHEMA_TOO_SLOW');
      expect(fault).to.have.property('message').that.contains('the pattern "^(?=a)(a+)+$"');
      const before = process.cpuUsage();
      const again = await faultOf(put(daemon, hostile, { ...at, schema }));
      expect(again).to.have.nested.property('details.reason', 'SCHEMA_TOO_SLOW');
      expect(process.cpuUsage(before).user / 1000).to.be.below(500);
    });

    it('serves others: the owner of the document too', async () => {
      await put(daemon, '"aaa"', { ...at, schema });
      expect(await faultOf(put(daemon, hostile, at))).to.have.property('code', 'INVALID_ARGUMENT');
      expect(await put(daemon, '"aa"', at)).to.include({ version: 1 });
      expect(await put(daemon, hostile, { ...at, schema: '{}' })).to.include({ version: 2 });
    });

    it('stops when its caller leaves, and waits for nobody who left', async () => {
      const controller = new AbortController();
      const slow = [1, 2, 3].map((n) =>
        faultOf(
          daemon.configs.put(
            requests.put(JSON.stringify(`${'a'.repeat(50 + n)}!`), { name: `left${n}`, schema }),
            caller(controller.signal),
          ),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.abort();
      for (const fault of await Promise.all(slow)) expect(fault).to.include({ code: 'CANCELLED' });
      expect(await put(daemon, '"aa"', { ...at, schema })).to.include({ version: 0 });
    });
  });

  it('of another caller is checked before the second of a crowd of slow ones', async () => {
    const order: string[] = [];
    const write = async (user: string, name: string, document: string): Promise<void> => {
      const request = requests.put(document, { name, schema: '{"pattern":"^(?=a)(a+)+$"}' });
      await daemon.configs.put(request, { ...caller(), user }).catch(() => undefined);
      order.push(user);
    };
    const crowd = Array.from({ length: 3 }, (_, n) =>
      write('10.0.0.1', `crowd${n}`, JSON.stringify(`${'a'.repeat(60 + n)}!`)),
    );
    await Promise.all([...crowd, write('10.0.0.2', 'other', '"a"')]);
    expect(order.indexOf('10.0.0.2')).to.be.at.most(1);
  });

  it('does not hold up those who create other documents of the namespace', async () => {
    const order: string[] = [];
    const slow = put(daemon, JSON.stringify(`${'a'.repeat(49)}!`), {
      name: 'slow',
      schema: '{"pattern":"^(?=a)(a+)+$"}',
    })
      .catch(() => undefined)
      .then(() => order.push('slow'));
    await put(daemon, '1', at).then(() => order.push('plain'));
    await slow;
    expect(order).to.deep.equal(['plain', 'slow']);
  });

  it('that was taken and is refused now leaves the document readable, and can be replaced', async () => {
    await put(daemon, '1', { ...at, schema: '{}' });
    const key = keyLayout('/shared-lock/').configs('ns').schema(at.name);
    const draft = '{"$schema":"http://json-schema.org/draft-04/schema#"}';
    await store.transact({
      resource: key,
      compare: [],
      then: [{ kind: 'put', key, value: draft }],
      else: [],
    });
    expect(await daemon.configs.get(requests.get(at))).to.include({ document: '1', schema: draft });
    const fault = await faultOf(put(daemon, '2', at));
    expect(fault).to.have.property('message').that.contains('draft-04');
    await daemon.configs.setEnabled({ ...requests.write, ...at, enabled: false }, caller());
    expect(await put(daemon, '2', { ...at, schema: '' })).to.include({ version: 1, schema: '' });
  });

  it('can not stop the daemon by references that double at each step', async () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => {
        const next = { $ref: `#/definitions/d${i + 1}` };
        return [`d${i}`, { allOf: [{ properties: { a: next } }, next, next] }];
      }),
    );
    const schema = JSON.stringify({
      definitions: { ...definitions, d40: {} },
      $ref: '#/definitions/d0',
    });
    const fault = await faultOf(put(daemon, '{}', { ...at, schema }));
    expect(fault).to.have.nested.property('details.reason', 'SCHEMA_TOO_SLOW');
  });

  it('ends with the daemon: who waits for a check is told to ask another one', async () => {
    const memory = memoryStore();
    const ending = startDaemon(memory.store, memory.clock);
    const slow = [1, 2].map((n) =>
      faultOf(
        put(ending, JSON.stringify(`${'a'.repeat(70 + n)}!`), {
          name: `end${n}`,
          schema: '{"pattern":"^(?=a)(a+)+$"}',
        }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await ending.stop();
    for (const fault of await Promise.all(slow)) {
      expect(fault).to.have.nested.property('details.reason', 'STOPPING');
    }
    await memory.store.close();
  });
});
