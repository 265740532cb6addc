import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { acquireFrom, checkTokenFrom, releaseFrom } from '../../../src/protocol/convert/lock.js';
import { revisionFrom } from '../../../src/protocol/convert/numbers.js';
import { labelsFrom, labelsOf, remainingOf } from '../../../src/protocol/convert/values.js';
import { fromSecondsAndNanos, toSecondsAndNanos } from '../../../src/protocol/duration.js';
import type { AcquireRequest__Output } from '../../../src/protocol/generated/sharedlock/v1/AcquireRequest.js';

const ACQUIRE: AcquireRequest__Output = {
  name: 'a',
  mode: 'EXCLUSIVE',
  permits: 0,
  limit: 0,
  leaseId: '0',
  ttl: null,
  wait: null,
  owner: '',
  value: '',
  labels: {},
  requestId: '',
};

function fieldOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isFault(error, 'INVALID_ARGUMENT')) return error.details.field;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('remainingOf', () => {
  it('rounds down to milliseconds, so that nobody relies on more than there is', () => {
    expect(remainingOf(9.9999999)).to.deep.equal({ seconds: '9', nanos: 999_000_000 });
    expect(remainingOf(0.0004)).to.deep.equal({ seconds: '0', nanos: 0 });
    expect(remainingOf(undefined)).to.equal(null);
  });
});

describe('messages as domain requests', () => {
  it('leave out what was not sent', () => {
    expect(acquireFrom(ACQUIRE)).to.include({ lease: undefined, ttlMs: undefined, waitMs: 0 });
  });

  it('keep a TTL of zero, for the service to refuse', () => {
    expect(acquireFrom({ ...ACQUIRE, ttl: { seconds: '0', nanos: 0 } }).ttlMs).to.equal(0);
  });

  it('refuse a negative lease ID', () => {
    expect(fieldOf(() => acquireFrom({ ...ACQUIRE, leaseId: '-1' }))).to.equal('lease_id');
  });

  it('refuse a mode that is only a number, as proto3 keeps unknown ones', () => {
    const mode = 7 as unknown as 'SHARED'; // what protobufjs gives, whatever the types say
    expect(fieldOf(() => acquireFrom({ ...ACQUIRE, mode }))).to.equal('mode');
  });

  it('refuse a release without a lease', () => {
    const message = {
      ...{ name: 'a', leaseId: '0', fencingToken: '0' },
      ...{ requestId: '', grantRequestId: '' },
    };
    expect(fieldOf(() => releaseFrom(message))).to.equal('lease_id');
  });

  it('refuse a token check without a token', () => {
    expect(fieldOf(() => checkTokenFrom({ name: 'a', fencingToken: '0' }))).to.equal(
      'fencing_token',
    );
  });
});

describe('tokens and revisions', () => {
  it('are numbers', () => {
    expect(revisionFrom('9007199254740991', 'x')).to.equal(9007199254740991);
  });

  it('beyond 2^53 are one that is never current', () => {
    expect(revisionFrom('9223372036854775807', 'x')).to.equal(Number.MAX_SAFE_INTEGER);
  });

  it('are not negative', () => {
    expect(fieldOf(() => revisionFrom('-1', 'fencing_token'))).to.equal('fencing_token');
  });
});

describe('labels', () => {
  it('keep __proto__ as an ordinary name, in both directions', () => {
    const labels = labelsFrom(
      JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>,
    );
    expect([...labels]).to.deep.equal([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.entries(labelsOf(labels))).to.deep.equal([...labels]);
  });
});

describe('durations', () => {
  for (const [ms, seconds, nanos] of [
    [1500, '1', 500_000_000],
    [-1500, '-1', -500_000_000],
    [0.25, '0', 250_000],
    [999.9999999, '1', 0],
    [-0.0000001, '0', 0],
  ] as const) {
    it(`${ms} ms are ${seconds} s and ${nanos} ns`, () => {
      expect(toSecondsAndNanos(ms)).to.deep.equal({ seconds, nanos });
    });
  }

  it('come back', () => {
    expect(fromSecondsAndNanos(toSecondsAndNanos(12_345.678))).to.be.closeTo(12_345.678, 1e-6);
  });
});
