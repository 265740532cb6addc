import { expect } from 'chai';
import type { Json, Method, StreamMethod, WireClient } from '../support/wire-client.js';
import { daemonOf, embeddedWorld, WIRES } from './worlds.js';

const AT = { namespace: 'bad', name: 'doc' };

/** Each is refused with the code, and a message of which it is said how it begins. */
const REFUSED: readonly (readonly [string, Method, Json, string, RegExp])[] = [
  ['an empty name', 'PutConfig', { name: '' }, 'INVALID_ARGUMENT', /^name: /],
  ['an empty namespace', 'PutConfig', { namespace: '' }, 'INVALID_ARGUMENT', /^namespace: /],
  ['a name above 1 KiB', 'GetConfig', { name: 'a'.repeat(1025) }, 'INVALID_ARGUMENT', /^name: /],
  ['a name with NUL', 'GetConfig', { name: 'a\u0000' }, 'INVALID_ARGUMENT', /^name: /],
  ['a name with ..', 'DeleteConfig', { name: 'a/../b' }, 'INVALID_ARGUMENT', /^name: /],
  [
    'a namespace with ..',
    'DeleteConfig',
    { namespace: 'a/..' },
    'INVALID_ARGUMENT',
    /^namespace: /,
  ],
  ['no document', 'PutConfig', { document: '' }, 'INVALID_ARGUMENT', /^document: /],
  ['a truncated one', 'PutConfig', { document: '{"a":' }, 'INVALID_ARGUMENT', /^document: .*ends/],
  ['trailing bytes', 'PutConfig', { document: '{} x' }, 'INVALID_ARGUMENT', /nothing may follow/],
  ['a BOM', 'PutConfig', { document: '\ufeff{}' }, 'INVALID_ARGUMENT', /byte order mark/],
  ['a member twice', 'CreateConfig', { document: '{"a":1,"a":2}' }, 'INVALID_ARGUMENT', /twice/],
  [
    'a document 10,000 deep',
    'CreateConfig',
    { document: '['.repeat(10_000) + ']'.repeat(10_000) },
    'INVALID_ARGUMENT',
    /^document: .*deeper than 100/,
  ],
  ['a schema that is none', 'PutConfig', { schema: '{"type":7}' }, 'INVALID_ARGUMENT', /^schema: /],
  ['a patch that is none', 'PatchConfig', { patch: '{' }, 'INVALID_ARGUMENT', /^patch: /],
  [
    'operations that are none',
    'PatchConfig',
    { type: 'JSON_PATCH', patch: '[{"op":"x","path":""}]' },
    'INVALID_ARGUMENT',
    /^patch: operation 0/,
  ],
  [
    'a path that is not there',
    'PatchConfig',
    { type: 'JSON_PATCH', patch: '[{"op":"remove","path":"/no"}]' },
    'FAILED_PRECONDITION',
    /^patch: operation 0/,
  ],
  ['a malformed tag', 'PutConfig', { ifMatch: '5' }, 'INVALID_ARGUMENT', /^if_match: /],
  ['an open quote', 'DeleteConfig', { ifMatch: '"5' }, 'INVALID_ARGUMENT', /^if_match: /],
  ['a stale tag', 'PutConfig', { ifMatch: '"1"' }, 'FAILED_PRECONDITION', /^if_match: /],
  ['a weak tag', 'PutConfig', { ifMatch: 'W/"1"' }, 'FAILED_PRECONDITION', /^if_match: /],
  ['no version', 'RollbackConfig', {}, 'INVALID_ARGUMENT', /^version: is needed/],
  ['an unknown version', 'RollbackConfig', { version: 9 }, 'NOT_FOUND', /^version: /],
  ['an unknown version', 'GetConfig', { version: 9 }, 'NOT_FOUND', /^version: /],
  ['an unknown document', 'GetConfig', { name: 'none' }, 'NOT_FOUND', /^there is no document/],
  ['a page too large', 'ListConfigs', { pageSize: 1001 }, 'INVALID_ARGUMENT', /^page_size: /],
  ['a strange token', 'ListConfigs', { pageToken: '\u00ff' }, 'INVALID_ARGUMENT', /^page_token: /],
  [
    'a strange token',
    'ListConfigVersions',
    { pageToken: 'x' },
    'INVALID_ARGUMENT',
    /^page_token: /,
  ],
  [
    'a fence without a token',
    'PutConfig',
    { fence: { lock: 'l', token: '0' } },
    'INVALID_ARGUMENT',
    /^fence.token: /,
  ],
  [
    'a long request id',
    'PutConfig',
    { requestId: 'r'.repeat(257) },
    'INVALID_ARGUMENT',
    /^request/,
  ],
];

/** What each request needs, beside what is wrong with it. */
const NEEDED: Readonly<Partial<Record<Method, Json>>> = {
  CreateConfig: { ...AT, name: 'new', document: '1' },
  PutConfig: { ...AT, document: '1' },
  PatchConfig: { ...AT, patch: '{}' },
  ListConfigs: { namespace: AT.namespace },
};

describe('bad requests to ConfigService', function () {
  this.timeout(60_000);
  const on = daemonOf(embeddedWorld);

  for (const [wire, connect] of WIRES) {
    context(`over ${wire}`, () => {
      let client: WireClient;

      before(async () => {
        client = connect(on.daemon);
        await client.call('PutConfig', { ...AT, document: '{"a":1}' });
      });

      after(() => {
        client.close();
      });

      for (const [what, method, message, code, begins] of REFUSED) {
        it(`${method} refuses ${what}`, async () => {
          const request = { ...(NEEDED[method] ?? AT), ...message };
          const fault = await client.call(method, request).then(
            () => ({ code: 'OK', message: '' }),
            (error: unknown) => error as { code: string; message: string },
          );
          expect(fault.code).to.equal(code);
          expect(fault.message).to.match(begins);
        });
      }

      for (const [what, message, begins] of [
        ['-1', { fromRevision: '-1' }, /^from_revision: /],
        ['a revision of the future', { fromRevision: '99999999' }, /^from_revision: .*future/],
        ['a name and a prefix', { name: 'a', prefix: 'b' }, /^prefix: /],
        ['an empty namespace', { namespace: '' }, /^namespace: /],
      ] as const) {
        it(`WatchConfigs refuses ${what}`, async () => {
          const fault = await first(client, 'WatchConfigs', { namespace: 'bad', ...message });
          expect(fault).to.include({ code: 'INVALID_ARGUMENT' });
          expect((fault as Error).message).to.match(begins);
        });
      }

      it('takes __proto__, constructor and toString as names like any other', async () => {
        for (const name of ['__proto__', 'constructor', 'toString']) {
          const at = { namespace: name, name: `${wire}/${name}` };
          const document = `{"${name}":{"a":1}}`;
          await client.call('PutConfig', { ...at, document });
          await client.call('PatchConfig', { ...at, patch: `{"${name}":{"b":2}}` });
          expect(await client.call('GetConfig', at)).to.include({
            document: `{"${name}":{"a":1,"b":2}}`,
          });
        }
      });

      it('a document is untouched by all that was refused', async () => {
        expect(await client.call('GetConfig', AT)).to.include({ document: '{"a":1}' });
      });
    });
  }
});

/** What a stream tells first, or why it tells nothing. */
async function first(client: WireClient, method: StreamMethod, request: Json): Promise<unknown> {
  try {
    for await (const message of client.stream(method, request)) return message;
  } catch (error) {
    return error;
  }
  return undefined;
}
