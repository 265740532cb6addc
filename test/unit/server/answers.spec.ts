import { expect } from 'chai';
import { answersTo } from '../../../src/server/handlers/answers.js';

async function* from(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) yield await Promise.resolve(item);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('answers to a stream of requests', () => {
  it('come for every request', async () => {
    const answers = answersTo(from([1, 2, 3]), 2, (request) => Promise.resolve(request * 10));
    expect((await collect(answers)).sort()).to.deep.equal([10, 20, 30]);
  });

  it('come as soon as they are there, whatever the order of the requests', async () => {
    let release: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const answers = answersTo(from([1, 2]), 10, async (request) => {
      if (request === 1) await first;
      return request;
    });
    expect((await answers.next()).value).to.equal(2);
    release();
    expect((await answers.next()).value).to.equal(1);
    expect((await answers.next()).done).to.equal(true);
  });

  it('are not more than the limit at a time, those that nobody took included', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<number> {
      for (;;) yield await Promise.resolve(read++);
    }
    const answers = answersTo(endless(), 5, (request) => Promise.resolve(request));
    await answers.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).to.be.at.most(7);
    for (let taken = 0; taken < 100; taken++) await answers.next();
    expect(read).to.be.at.most(107);
  });

  it('end with the failure of an answer', async () => {
    const answers = answersTo(from([1]), 5, () => Promise.reject(new Error('broken')));
    expect(await collect(answers).catch((error: unknown) => String(error))).to.contain('broken');
  });

  it('end with the failure of reading, after what was there', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw await Promise.resolve(new Error('unreadable'));
    }
    const answers = answersTo(failing(), 5, (request) => Promise.resolve(request));
    expect((await answers.next()).value).to.equal(1);
    expect(await answers.next().catch((error: unknown) => String(error))).to.contain('unreadable');
  });

  it('are none for no requests', async () => {
    expect(await collect(answersTo(from([]), 5, (request) => Promise.resolve(request)))).to.be
      .empty;
  });
});
