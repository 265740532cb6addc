import { expect } from 'chai';
import { Fault } from '../../../src/core/errors.js';
import { loadCallDescriptors } from '../../../src/protocol/call-descriptors.js';
import { loadDescriptors } from '../../../src/protocol/descriptors.js';
import type { MessageSchema } from '../../../src/protocol/schema.js';

const full = loadDescriptors();
const light = loadCallDescriptors();

/** Of each kind of field: text, bytes, map, enum, 64 bits, presence, nested, repeated, none. */
const SAMPLES: readonly (readonly [message: string, value: object])[] = [
  [
    'sharedlock.v1.AcquireRequest',
    {
      name: 'größer 🔒',
      mode: 'SHARED',
      leaseId: '9223372036854775807',
      ttl: { seconds: '30', nanos: 5 },
      labels: { a: 'b', __proto: 'c' },
    },
  ],
  ['sharedlock.v1.AddRequest', { name: 'n', delta: '-9223372036854775808', min: '0' }],
  [
    'sharedlock.v1.AcquireResponse',
    { acquired: true, grant: { leaseId: '5', fencingToken: '7' }, holders: [{ owner: 'x' }] },
  ],
  [
    'google.rpc.Status',
    { code: 5, message: 'm', details: [{ type_url: 'a/b', value: Buffer.from([1, 2]) }] },
  ],
];

/** All that the mapping of JSON looks at. */
function formOf({ fullName, fields }: MessageSchema): object {
  return {
    fullName,
    fields: fields.map(({ type, ...rest }) => ({
      ...rest,
      kind: type.kind,
      of: type.kind === 'message' ? type.of().fullName : type.kind === 'enum' ? type.of.names : '',
      first: type.kind === 'enum' ? type.of.nameOf(0) : '',
    })),
  };
}

describe('the descriptors for callers', () => {
  it('have every method', () => {
    for (const { path, definition } of full.methods) {
      const method = light.method(path);
      const empty = Buffer.alloc(0);
      expect(method.path).to.equal(path);
      expect(method.responseDeserialize(empty), path).to.deep.equal(
        definition.responseDeserialize(empty),
      );
      expect(method.requestSerialize({}), path).to.deep.equal(definition.requestSerialize({}));
    }
  });

  it('map answers to JSON as the daemon does', () => {
    const seen = new Set<string>();
    const same = (own: MessageSchema, daemons: MessageSchema): void => {
      if (seen.has(own.fullName)) return;
      seen.add(own.fullName);
      expect(formOf(own)).to.deep.equal(formOf(daemons));
      for (const field of own.fields) {
        const other = daemons.field(field.protoName);
        if (field.type.kind !== 'message' || other?.type.kind !== 'message') continue;
        same(field.type.of(), other.type.of());
      }
    };
    for (const { path, response, http } of full.methods) {
      // What has no route, such as frames of calls, is never JSON.
      if (http !== undefined) same(light.method(path).response(), response);
    }
    expect(seen).to.include.all.keys('sharedlock.v1.Holder', 'sharedlock.v1.Config');
  });

  for (const [message, value] of SAMPLES) {
    it(`write and read ${message} as the daemon does`, () => {
      const bytes = full.codec(message).serialize(value);
      expect(bytes).to.have.property('length').above(0);
      expect(light.codec(message).serialize(value)).to.deep.equal(bytes);
      expect(light.codec(message).deserialize(bytes)).to.deep.equal(
        full.codec(message).deserialize(bytes),
      );
    });
  }

  const refusalOf = (method: string, message: object): string => {
    try {
      light.method(`/sharedlock.v1.${method}`).checkRequest(message);
      return 'none';
    } catch (error) {
      return error instanceof Fault ? `${error.code} ${error.message}` : String(error);
    }
  };

  const FITTING: readonly (readonly [method: string, message: object])[] = [
    [
      'CounterService/Add',
      { name: '5', delta: '-9223372036854775808', min: undefined, fence: null },
    ],
    ['CounterService/Add', { delta: '9223372036854775807', fence: { token: 7 } }],
    ['LockService/Acquire', { permits: 4294967295, labels: { permits: '5000000000' } }],
    ['LockService/Acquire', { mode: 'SHARED', ttl: { seconds: '10', nanos: 5 } }],
  ];
  for (const [method, message] of FITTING) {
    it(`let ${JSON.stringify(message)} of ${method} pass`, () => {
      expect(refusalOf(method, message)).to.equal('none');
    });
  }

  const UNFIT: readonly (readonly [method: string, message: object, said: string])[] = [
    ['CounterService/SetCounter', { value: '9223372036854775808' }, 'value: must be from -9223'],
    ['CounterService/Add', { delta: '-9223372036854775809' }, 'delta: must be from -9223'],
    ['CounterService/Add', { delta: '1.5' }, 'delta: must be a whole number'],
    ['CounterService/Add', { fence: { token: 2 ** 64 } }, 'fence.token: must be from -9223'],
    ['LockService/Acquire', { permits: 4294967296 }, 'permits: must be from 0 to 4294967295'],
    ['LockService/Acquire', { limit: -1 }, 'limit: must be from 0 to 4294967295'],
    ['LockService/Acquire', { leaseId: '18446744073709551617' }, 'lease_id: must be from'],
    ['ConfigService/RollbackConfig', { version: 4294967296 }, 'version: must be from 0 to'],
  ];
  for (const [method, message, said] of UNFIT) {
    it(`refuse ${JSON.stringify(message)} of ${method}`, () => {
      expect(refusalOf(method, message))
        .to.match(/^INVALID_ARGUMENT /)
        .and.to.contain(said);
    });
  }

  it('refuse what there is not', () => {
    expect(() => light.method('/sharedlock.v1.LockService/Steal')).to.throw(TypeError, 'no method');
    expect(() => light.codec('sharedlock.v1.Nothing')).to.throw(TypeError, 'no message');
  });
});
