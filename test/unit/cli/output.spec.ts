import { expect } from 'chai';
import { leaseEventLine } from '../../../src/cli/output/leases.js';
import { cell, renderTable, shortDuration } from '../../../src/cli/output/table.js';
import { visible } from '../../../src/core/visible.js';

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
