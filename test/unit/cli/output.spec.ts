import { expect } from 'chai';
import { toJson } from '../../../src/cli/output/json.js';
import { leaseEventLine } from '../../../src/cli/output/leases.js';
import { cell, renderTable, shortDuration } from '../../../src/cli/output/table.js';
import { visible } from '../../../src/core/visible.js';

describe('JSON output', () => {
  it('has durations, times and 64-bit integers as the HTTP API has them', () => {
    const json = toJson({
      ttlMs: 10_000,
      ageMs: 1234.5678,
      remainingTtlSeconds: 9.5,
      acquiredAtMs: 0,
      sinceMs: 1000,
      fencingToken: 42,
      value: 2n ** 63n - 1n,
      waiterCount: 3,
    });
    expect(JSON.parse(json)).to.deep.equal({
      ttl: '10s',
      age: '1.235s',
      remainingTtl: '9.5s',
      acquiredAt: '1970-01-01T00:00:00.000Z',
      since: '1970-01-01T00:00:01.000Z',
      fencingToken: '42',
      value: '9223372036854775807',
      waiterCount: 3,
    });
  });

  it('leaves texts alone, whatever they are called', () => {
    const labels = new Map([
      ['ttlMs', '5'],
      ['__proto__', 'x'],
    ]);
    expect(toJson({ labels, value: '1' })).to.equal(
      '{"labels":{"ttlMs":"5","__proto__":"x"},"value":"1"}',
    );
  });

  it('escapes control characters that JSON would let through', () => {
    expect(toJson({ value: 'a\u009b2Jb' })).to.equal('{"value":"a\\u009b2Jb"}');
  });
});

describe('the lines of a watched lease', () => {
  it('have durations in the form of the tables', () => {
    const line = leaseEventLine({ kind: 'ALIVE', ttlMs: 60_000, remainingMs: 59_960 });
    expect(line).to.equal('ALIVE  ttl=1m0s  left=1m0s');
  });
});

describe('tables', () => {
  it('put columns below each other, without trailing spaces', () => {
    const columns = [
      { title: 'NAME', of: (row: readonly string[]) => row[0] ?? '' },
      { title: 'X', of: (row: readonly string[]) => row[1] ?? '' },
    ];
    const text = renderTable(
      [
        ['longer name', ''],
        ['b', '1'],
      ],
      columns,
    );
    expect(text).to.equal('NAME         X\nlonger name  -\nb            1\n');
    expect(renderTable([], columns)).to.equal('NAME  X\n');
  });

  it('cut long texts', () => {
    expect(cell('x'.repeat(61))).to.equal(`${'x'.repeat(59)}…`);
    expect(cell('x'.repeat(60))).to.equal('x'.repeat(60));
  });

  it('show what could talk to a terminal as escapes', () => {
    expect(visible('a\u001b[2J\n\u009b\u202eb')).to.equal('a\\u001b[2J\\n\\u009b\\u202eb');
    expect(visible('Grüße 🔒')).to.equal('Grüße 🔒');
  });

  it('show durations as people need them', () => {
    expect(shortDuration(1234)).to.equal('1.2s');
    expect(shortDuration(65_400)).to.equal('1m5s');
    expect(shortDuration(undefined)).to.equal('');
  });
});
