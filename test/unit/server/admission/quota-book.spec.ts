import { expect } from 'chai';
import { QuotaBook } from '../../../../src/server/admission/quota-book.js';
import type { Quota } from '../../../../src/core/access/quota.js';
import type { Work } from '../../../../src/server/admission/work.js';

describe('the quota book', () => {
  let book: QuotaBook;
  beforeEach(() => {
    book = new QuotaBook();
  });
  function ask(
    id: string,
    quota: Quota,
    { work = 'ask', peer = 'p:1', nowMs = 0 }: { work?: Work; peer?: string; nowMs?: number } = {},
  ): string | undefined {
    return book.enter({ user: id, id, quota }, work, peer, nowMs)?.details.reason;
  }

  it('counts what is under way, of each by itself', () => {
    const quota = { inFlight: 2 };
    expect([ask('a', quota), ask('a', quota), ask('a', quota)]).to.deep.equal([
      undefined,
      undefined,
      'QUOTA_IN_FLIGHT',
    ]);
    expect(ask('b', quota)).to.equal(undefined);
    book.leave('a', 'ask');
    expect(ask('a', quota)).to.equal(undefined);
    expect(book.enter({ user: 'a', id: 'a', quota }, 'ask', 'p:1', 0)?.message).to.equal(
      'a has 2 requests under way at this daemon, which is its limit',
    );
  });

  it('says when one may ask again that asks too often', () => {
    const quota = { rate: 2, burst: 1 };
    expect(ask('a', quota)).to.equal(undefined);
    const fault = book.enter({ user: 'a', id: 'a', quota }, 'ask', 'p:1', 100);
    expect(fault?.details).to.include({ reason: 'QUOTA_RATE', retryAfterMs: 400 });
    expect(fault?.message).to.equal('a asks more often than its limit, 2 a second');
    expect(ask('a', quota, { nowMs: 500 })).to.equal(undefined);
    // Of another quota, from a policy that came meanwhile.
    expect(ask('a', { rate: 9, burst: 9 }, { nowMs: 500 })).to.equal(undefined);
  });

  it('never refuses what keeps locks and gives them back, nor health', () => {
    const quota = { rate: 1, burst: 1, inFlight: 0, connections: 0 };
    for (const work of ['keep', 'keepOpen', 'health', 'metrics'] as const) {
      expect(ask('a', quota, { work })).to.equal(undefined);
    }
    expect(ask('a', quota)).to.equal('QUOTA_CONNECTIONS');
    expect(ask('a', { inFlight: 0 }, { work: 'wait' })).to.equal(undefined);
  });

  it('counts connections, each for the one who asked over it first', () => {
    const quota = { connections: 1 };
    expect(ask('a', quota, { peer: 'x:1' })).to.equal(undefined);
    expect(ask('a', quota, { peer: 'x:1' })).to.equal(undefined);
    expect(ask('a', quota, { peer: 'x:2' })).to.equal('QUOTA_CONNECTIONS');
    expect(ask('a', quota, { peer: 'unix' })).to.equal(undefined);
    expect(ask('b', quota, { peer: 'x:2' })).to.equal(undefined);
    book.forget('x:1');
    book.forget('unknown');
    expect(ask('a', quota, { peer: 'x:3' })).to.equal(undefined);
  });

  it('forgets users who have nothing', () => {
    for (let n = 0; n < 5000; n++) {
      ask(`user ${n}`, { rate: 100, burst: 1 }, { nowMs: n * 100 });
      book.leave(`user ${n}`, 'ask');
    }
    expect(book.size).to.be.lessThan(2100);
    // One that has something is still known.
    ask('a', { inFlight: 1 });
    for (let n = 0; n < 5000; n++) book.leave(`u ${n}`, 'ask');
    expect(ask('a', { inFlight: 1 })).to.equal('QUOTA_IN_FLIGHT');
  });
});
