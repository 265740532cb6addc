import { expect } from 'chai';
import { type InLine, Line } from '../../../src/store/etcd/line.js';

interface Person extends InLine {
  readonly name: string;
}

function person(name: string, dueMs = 0): Person {
  return { name, resource: name.charAt(0), dueMs };
}

describe('a line', () => {
  let line: Line<Person>;
  beforeEach(() => (line = new Line<Person>()));

  const names = (people: Iterable<Person>): string[] => Array.from(people, ({ name }) => name);
  const join = (...all: readonly string[]): Person[] => {
    const people = all.map((name) => person(name));
    for (const each of people) line.join(each);
    return people;
  };

  it('has the first of each resource in the order of arrival', () => {
    join('a1', 'a2', 'b1', 'a3', 'c1', 'b2');
    expect(names(line.inTurn())).to.deep.equal(['a1', 'b1', 'c1']);
    expect(line.length).to.equal(6);
  });

  it('has the next of a resource at its end, once the first is taken', () => {
    const [a1] = join('a1', 'a2', 'b1');
    if (a1 !== undefined) line.take(a1);
    expect(names(line.inTurn())).to.deep.equal(['b1', 'a2']);
    expect(line.length).to.equal(2);
  });

  it('has those who come back at its front, before others of their resource', () => {
    join('b2', 'c1');
    line.rejoin([person('a1'), person('b1')]);
    expect(names(line.inTurn())).to.deep.equal(['a1', 'b1', 'c1']);
    expect(names(line.takeAll())).to.deep.equal(['a1', 'b1', 'b2', 'c1']);
    expect(line.length).to.equal(0);
  });

  it('lets go who is due, of each resource', () => {
    for (const [name, dueMs] of [
      ['a1', 1],
      ['a2', 2],
      ['a3', 3],
      ['b1', 2],
      ['c1', 3],
    ] as const) {
      line.join(person(name, dueMs));
    }
    expect(line.nextDueMs()).to.equal(1);
    expect(names(line.takeDue(2))).to.deep.equal(['a1', 'a2', 'b1']);
    expect(names(line.inTurn())).to.deep.equal(['a3', 'c1']);
    expect(line.nextDueMs()).to.equal(3);
    expect(line.length).to.equal(2);
  });

  it('is due never if nobody waits', () => {
    expect(line.nextDueMs()).to.equal(undefined);
  });
});
