import { expect } from 'chai';
import fc from 'fast-check';
import { isFault } from '../../../src/core/errors.js';
import { loadDescriptors } from '../../../src/protocol/descriptors.js';
import { parseJson } from '../../../src/core/json/parse.js';
import { readMessage, type Message } from '../../../src/protocol/json/read-message.js';
import { writeMessage } from '../../../src/protocol/json/write-message.js';
import { parseTimestamp } from '../../../src/protocol/timestamp.js';

const descriptors = loadDescriptors();

function read(name: string, text: string): Message {
  return readMessage(descriptors.message(`sharedlock.v1.${name}`), parseJson(Buffer.from(text)));
}

function write(name: string, message: object): string {
  return writeMessage(descriptors.message(`sharedlock.v1.${name}`), message);
}

/** What became of it on the other wire. */
function overGrpc(name: string, message: object): object {
  const codec = descriptors.codec(`sharedlock.v1.${name}`);
  return codec.deserialize(codec.serialize(message));
}

/** Both wires make maps of their own kind; what is in them counts. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, comparable(member)]),
  );
}

function faultOf(name: string, text: string): { message: string; field: string | undefined } {
  try {
    read(name, text);
  } catch (error) {
    if (isFault(error, 'INVALID_ARGUMENT')) {
      return { message: error.message, field: error.details.field };
    }
    throw error;
  }
  throw new Error('it was read');
}

const text = fc.string({ unit: 'grapheme', maxLength: 10 });
const int64 = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const duration = fc.option(
  fc.record({ seconds: fc.nat({ max: 1e9 }).map(String), nanos: fc.nat({ max: 999 }) }),
);
const whole = fc.option(
  fc.record({
    seconds: fc.nat({ max: 4e9 }).map(String),
    nanos: fc.nat({ max: 999_999_999 }),
  }),
);
const labels = fc.dictionary(fc.oneof(text, fc.constant('__proto__')), text, {
  noNullPrototype: false,
});
const mode = fc.constantFrom('EXCLUSIVE', 'SHARED', 'SEMAPHORE');
const holder = fc.record({
  owner: text,
  mode,
  fencingToken: int64,
  value: text,
  labels,
  permits: uint32,
  acquiredAt: whole,
  age: duration.map((value) => value && { ...value, nanos: value.nanos * 1_000_000 }),
  remainingTtl: fc.constant(null),
});

describe('the JSON mapping of messages', () => {
  it('reads back what it wrote, the same as gRPC', () => {
    const message = fc.record({
      kind: fc.constantFrom('STATE', 'ACQUIRED', 'RESYNC'),
      revision: int64,
      lock: fc.option(
        fc.record({
          name: text,
          held: fc.boolean(),
          holders: fc.array(holder, { maxLength: 3 }),
          waiters: fc.constant([]),
          holderCount: uint32,
          waiterCount: uint32,
          revision: int64,
        }),
      ),
      holder: fc.option(holder),
      waiter: fc.constant(null),
    });
    fc.assert(
      fc.property(message, (original) => {
        const decoded = overGrpc('WatchLockResponse', original);
        const json = write('WatchLockResponse', decoded);
        const back = read('WatchLockResponse', json);
        expect(comparable(back)).to.deep.equal(comparable(decoded));
        expect(write('WatchLockResponse', back)).to.equal(json);
      }),
    );
  });

  it('makes of an empty object what gRPC makes of no bytes', () => {
    for (const name of ['AcquireRequest', 'CreateLeaseRequest', 'AddRequest', 'Lock']) {
      expect(comparable(read(name, '{}'))).to.deep.equal(comparable(overGrpc(name, {})), name);
    }
  });

  it('tells apart an optional field that is 0 from one that is not there', () => {
    expect(read('AddRequest', '{"name":"a"}')).not.to.have.any.keys('min', 'max');
    expect(read('AddRequest', '{"min":null}')).not.to.have.any.keys('min', 'max');
    expect(read('AddRequest', '{"min":0}')).to.have.property('min', '0');
    expect(write('AddRequest', { name: 'a', min: '0' })).to.contain('"min":"0"');
    expect(write('AddRequest', { name: 'a' })).not.to.contain('min');
  });

  it('reads both spellings of a name', () => {
    expect(read('AcquireRequest', '{"requestId":"a"}').requestId).to.equal('a');
    expect(read('AcquireRequest', '{"request_id":"a"}').requestId).to.equal('a');
  });

  it('reads null as absent', () => {
    expect(comparable(read('AcquireRequest', '{"ttl":null,"name":null}'))).to.deep.equal(
      comparable(read('AcquireRequest', '{}')),
    );
  });

  it("reads Go's durations too", () => {
    expect(read('AcquireRequest', '{"ttl":"1m30.5s"}').ttl).to.deep.equal({
      seconds: '90',
      nanos: 500_000_000,
    });
  });

  it('reads an enum by its name or its number', () => {
    expect(read('AcquireRequest', '{"mode":"SHARED"}').mode).to.equal('SHARED');
    expect(read('AcquireRequest', '{"mode":2}').mode).to.equal('SEMAPHORE');
  });

  it('reads int64 from text, and from numbers that are exact', () => {
    const leaseId = (value: string): unknown =>
      read('KeepAliveRequest', `{"leaseId":${value}}`).leaseId;
    expect(leaseId('"9223372036854775807"')).to.equal('9223372036854775807');
    expect(leaseId('9007199254740991')).to.equal('9007199254740991');
    expect(leaseId('12.0')).to.equal('12');
  });

  const refused: readonly (readonly [string, string, string, string])[] = [
    ['an unknown member', '{"nam":"x"}', 'nam', 'there is no such field; there are name, mode'],
    ['a number for a string', '{"name":1}', 'name', 'must be a string, not a number'],
    ['a string for an object', '{"labels":"x"}', 'labels', 'must be an object'],
    ['a number in a map of strings', '{"labels":{"a":1}}', 'labels.a', 'must be a string'],
    ['null in a map', '{"labels":{"a":null}}', 'labels.a', 'must not be null'],
    ['a fraction', '{"permits":1.5}', 'permits', 'without fraction'],
    ['an exponent', '{"permits":1e3}', 'permits', 'without fraction or exponent'],
    ['a negative unsigned one', '{"permits":-1}', 'permits', 'must be from 0 to 4294967295'],
    ['a boolean for an integer', '{"leaseId":true}', 'lease_id', 'must be an integer'],
    ['a number beyond 2^53', '{"leaseId":9007199254740993}', 'lease_id', 'send it as a string'],
    ['2^53 itself, which may have been more', '{"leaseId":9007199254740992}', 'lease_id', '2^53'],
    ['text beyond int64', '{"leaseId":"9223372036854775808"}', 'lease_id', 'must be from'],
    ['text that is no integer', '{"leaseId":"abc"}', 'lease_id', 'must be a decimal integer'],
    ['a duration without unit', '{"ttl":"10"}', 'ttl', 'must be a duration'],
    ['a fraction without unit', '{"ttl":"1.5"}', 'ttl', 'must be a duration'],
    ['NaN as a duration', '{"ttl":"NaN"}', 'ttl', 'must be a duration'],
    ['a number as a duration', '{"ttl":10}', 'ttl', 'must be a duration'],
    ['an unknown enum name', '{"mode":"shared"}', 'mode', 'one of EXCLUSIVE, SHARED, SEMAPHORE'],
    ['an unknown enum number', '{"mode":7}', 'mode', 'one of'],
    ['both spellings at once', '{"leaseId":"1","lease_id":"1"}', 'lease_id', 'both'],
    ['a list', '[]', 'body', 'must be an object, not a list'],
  ];
  for (const [what, json, field, message] of refused) {
    it(`refuses ${what}, naming the field`, () => {
      const fault = faultOf('AcquireRequest', json);
      expect(fault.field).to.equal(field);
      expect(fault.message).to.contain(message);
    });
  }

  it('never repeats what may be a lease ID', () => {
    expect(faultOf('KeepAliveRequest', '{"leaseId":9007199254740993}').message).not.to.contain(
      '9007199254740993',
    );
  });

  it('refuses a list where one is not meant, and says where in a list', () => {
    expect(faultOf('ListLocksRequest', '{"labels":["a=b",1]}').field).to.equal('labels[1]');
    expect(faultOf('ListLocksRequest', '{"labels":"a=b"}').message).to.contain('must be a list');
  });

  it('writes defaults, and leaves out messages that are absent', () => {
    expect(write('AcquireResponse', {})).to.equal('{"acquired":false,"holders":[]}');
  });

  it('writes int64 as text, durations with s, enums by name', () => {
    const json = write('Holder', {
      mode: 1,
      fencingToken: 7,
      age: { seconds: '1', nanos: 500_000_000 },
      acquiredAt: { seconds: '0', nanos: 0 },
    });
    expect(JSON.parse(json)).to.include({
      mode: 'SHARED',
      fencingToken: '7',
      age: '1.500s',
      acquiredAt: '1970-01-01T00:00:00Z',
    });
  });
});

describe('timestamps', () => {
  it('are read and written as Date does', () => {
    const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, fc.nat({ max: 999 }), (at, ms) => {
        const written = new Date(at * 1000 + ms).toISOString();
        expect(parseTimestamp(written)).to.deep.equal({
          seconds: String(at),
          nanos: ms * 1_000_000,
        });
        const message = { acquiredAt: { seconds: String(at), nanos: ms * 1_000_000 } };
        const { acquiredAt } = JSON.parse(write('Holder', message)) as { acquiredAt: string };
        expect(new Date(acquiredAt).toISOString()).to.equal(written);
      }),
    );
  });

  it('are read with an offset', () => {
    expect(parseTimestamp('1970-01-01T02:00:00+01:30')?.seconds).to.equal('1800');
  });

  for (const wrong of ['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01', '0']) {
    it(`are refused when there is no ${wrong}`, () => {
      expect(parseTimestamp(wrong)).to.equal(undefined);
    });
  }
});
