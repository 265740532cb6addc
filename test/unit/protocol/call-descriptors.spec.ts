import { expect } from 'chai';
import { loadCallDescriptors } from '../../../src/protocol/call-descriptors.js';
import { loadDescriptors } from '../../../src/protocol/descriptors.js';

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

  it('refuse what there is not', () => {
    expect(() => light.method('/sharedlock.v1.LockService/Steal')).to.throw(TypeError, 'no method');
    expect(() => light.codec('sharedlock.v1.Nothing')).to.throw(TypeError, 'no message');
  });
});
