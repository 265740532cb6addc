import { expect } from 'chai';
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

describe('the schema of a document', () => {
  let store: MemoryStore;
  let daemon: TestDaemon;

  beforeEach(() => {
    const memory = memoryStore();
    ({ store } = memory);
    daemon = startDaemon(store, memory.clock);
  });

  afterEach(async () => {
    await store.close();
  });

  const violation = async (write: Promise<Config>): Promise<unknown> => {
    const fault = (await faultOf(write)) as { details: { reason: string; metadata: object } };
    expect(fault.details.reason).to.equal('SCHEMA_VIOLATION');
    return fault;
  };

  it('is checked by the write that brings it', async () => {
    await violation(put(daemon, '{}', { schema: SCHEMA }));
    expect(await put(daemon, '{"port":1}', { schema: SCHEMA })).to.include({ schema: SCHEMA });
  });

  it('is checked by all later writes, and the error names the path', async () => {
    await put(daemon, '{"port":1}', { schema: SCHEMA });
    for (const write of [
      put(daemon, '{"port":99999}'),
      daemon.configs.patch(requests.patch('{"port":"x"}'), caller()),
    ]) {
      const fault = await violation(write);
      expect(fault).to.have.nested.property('details.metadata.path', '/port');
      expect(fault).to.have.property('message').that.contains('/port must be');
    }
    expect(await textOf(daemon)).to.equal('{"port":1}');
  });

  it('is checked by a rollback to a version from before it', async () => {
    await put(daemon, '{}');
    await put(daemon, '{"port":1}', { schema: SCHEMA });
    await violation(daemon.configs.rollback({ ...requests.write, version: 0 }, caller()));
  });

  it('stays until it is removed', async () => {
    await put(daemon, '{"port":1}', { schema: SCHEMA });
    expect(await put(daemon, '{"port":2}')).to.include({ schema: SCHEMA });
    expect(await put(daemon, '7', { schema: '' })).to.include({ schema: '' });
    await put(daemon, '8');
  });

  it('does not take toString for a member', async () => {
    await violation(put(daemon, '{}', { schema: '{"required":["toString"]}' }));
  });

  it('may be of a newer draft', async () => {
    const schema =
      '{"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[{"type":"string"}]}';
    await violation(put(daemon, '[1]', { schema }));
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
      const fault = await faultOf(put(daemon, '1', { schema }));
      expect(fault).to.have.nested.property('details.field', 'schema');
    });
  }

  it('is refused above 128 KiB', async () => {
    const schema = JSON.stringify({ description: 'x'.repeat(128 * 1024) });
    expect(await faultOf(put(daemon, '1', { schema }))).to.have.property(
      'code',
      'INVALID_ARGUMENT',
    );
  });

  it('can not stop the daemon by a pattern that takes for ever', async () => {
    const document = JSON.stringify(`${'a'.repeat(50)}!`);
    const fault = await faultOf(put(daemon, document, { schema: '{"pattern":"^(a+)+$"}' }));
    expect(fault).to.have.nested.property('details.reason', 'SCHEMA_TOO_SLOW');
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
    const fault = await faultOf(put(daemon, '{}', { schema }));
    expect(fault).to.have.nested.property('details.reason', 'SCHEMA_TOO_SLOW');
  });
});
