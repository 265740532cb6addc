import { expect } from 'chai';
import { PolicyReader } from '../../../src/access/policy-reader.js';
import { PolicyError, readPolicy } from '../../../src/access/read-policy.js';
import { SystemClock } from '../../../src/clock/system-clock.js';

const SMALL = `version: 1
principals: [{name: shop, aliases: [till], match: [{jwt: 'x*'}, {unix: true}]}]
rules: [{to: [shop], allow: ['*'], on: ['lock:{principal}/*', daemon]}]
`;

describe('the reader of policies', () => {
  let reader: PolicyReader;
  beforeEach(() => {
    reader = new PolicyReader(new SystemClock());
  });
  afterEach(() => reader.stop());

  it('reads what is read at the start, and says the same of what it can not read', async () => {
    expect(await reader.read(SMALL)).to.deep.equal(readPolicy(SMALL));
    const told = await reader.read(`${SMALL}what: 1\n`).then(
      () => [],
      (error: unknown) => (error instanceof PolicyError ? error.problems : error),
    );
    expect(told).to.have.property('length', 1);
    expect(told).to.have.nested.property('[0].line', 4);
    expect(await reader.read(SMALL)).to.deep.equal(readPolicy(SMALL));
  });

  it('leaves the event loop to others while it reads a large one', async () => {
    const rule = (n: number): string =>
      `  - {to: [shop], allow: [acquire, read, watch], on: ["lock:shop/${n}/*"]}\n`;
    const rules = Array.from({ length: 3500 }, (_, n) => rule(n)).join('');
    const text = `version: 1\nprincipals: [{name: shop}]\nrules:\n${rules}`;
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setTimeout(count, 1);
    };
    count();
    const policy = await reader.read(text);
    isDone = true;
    expect(policy.rules.length).to.equal(3500);
    // On this thread it would be one.
    expect(turns).to.be.greaterThan(20);
  });
});
