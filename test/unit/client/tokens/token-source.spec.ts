import { inspect } from 'node:util';
import { expect } from 'chai';
import { SharedLockError } from '../../../../src/client/errors.js';
import { TokenSource } from '../../../../src/client/tokens/token-source.js';
import { TokenUse } from '../../../../src/client/tokens/token-use.js';
import { VirtualClock } from '../../../../src/clock/virtual-clock.js';
import { Fault } from '../../../../src/core/errors.js';

const LIMIT_MS = 1000;
const KEPT_MS = 60_000;

/** A JWT that ends after so long, by its own word. */
function jwt(name: string, fromMs: number, lifeMs: number): string {
  const claims = { sub: name, iat: fromMs / 1000, exp: (fromMs + lifeMs) / 1000 };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

function refused(code: 'UNAUTHENTICATED' | 'PERMISSION_DENIED' = 'UNAUTHENTICATED'): Error {
  return new SharedLockError(new Fault(code, 'so it is'));
}

async function failure(work: Promise<unknown>): Promise<SharedLockError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SharedLockError) return error;
  throw new Error(`no SharedLockError: ${String(error)}`);
}

describe('The token of a client', () => {
  let clock: VirtualClock;
  let now: string | Error;
  let reads: number;
  let source: TokenSource;

  function open(keepMs = Infinity): void {
    source = new TokenSource(clock, {
      read: () => {
        reads += 1;
        return now instanceof Error ? Promise.reject(now) : Promise.resolve(now);
      },
      keepMs,
    });
  }

  beforeEach(() => {
    clock = new VirtualClock(1_000_000);
    [now, reads] = ['one', 0];
    open();
  });

  it('is read once for many calls', async () => {
    const all = await Promise.all([source.get(LIMIT_MS), source.get(LIMIT_MS)]);
    expect(all).to.deep.equal(['one', 'one']);
    await clock.advance(3_600_000);
    expect(await source.get(LIMIT_MS)).to.equal('one');
    expect(reads).to.equal(1);
  });

  it('is read again at 80 % of its life, while calls go on with the one that is there', async () => {
    const first = (now = jwt('one', clock.wall(), 100_000));
    await source.get(LIMIT_MS);
    now = 'two';
    await clock.advance(79_000);
    expect(await source.get(LIMIT_MS)).to.equal(first);
    expect(reads).to.equal(1);
    await clock.advance(1000);
    expect(await source.get(LIMIT_MS)).to.equal(first);
    await clock.advance(0);
    expect(source.latest()).to.equal('two');
  });

  it('is looked for again each 5 s at most, while there is no other than an old one', async () => {
    now = jwt('old', clock.wall() - 90_000, 100_000);
    await source.get(LIMIT_MS);
    for (let second = 0; second < 20; second++) {
      await clock.advance(1000);
      await source.get(LIMIT_MS);
    }
    expect(reads).to.be.within(4, 5);
  });

  it('is read again after the time that it is kept', async () => {
    open(KEPT_MS);
    await source.get(LIMIT_MS);
    now = 'two';
    await clock.advance(KEPT_MS);
    await source.get(LIMIT_MS);
    await clock.advance(0);
    expect(await source.get(LIMIT_MS)).to.equal('two');
  });

  it('is there still when it can not be read again', async () => {
    open(KEPT_MS);
    await source.get(LIMIT_MS);
    now = new Error('gone');
    await clock.advance(KEPT_MS);
    expect(await source.get(LIMIT_MS)).to.equal('one');
    await clock.advance(0);
    expect(source.latest()).to.equal('one');
  });

  it('is waited for until the limit', async () => {
    source = new TokenSource(clock, { read: () => new Promise(() => undefined), keepMs: 1 });
    const failed = failure(source.get(LIMIT_MS));
    await clock.advance(LIMIT_MS);
    expect((await failed).code).to.equal('DEADLINE_EXCEEDED');
  });

  it('is what the caller needs to put right, if the first one can not be read', async () => {
    now = new Error('ENOENT: no such file');
    const { code, reason, message } = await failure(source.get(LIMIT_MS));
    expect({ code, reason }).to.deep.equal({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_UNREADABLE',
    });
    expect(message).to.equal("the token can't be read: ENOENT: no such file");
  });

  for (const [what, text, problem] of [
    ['nothing', '', 'it is empty'],
    ['two lines', 'secret\nsecret', 'it has characters that no bearer token has'],
    ['a space', 'Bearer secret', 'it has characters that no bearer token has'],
    ['too much', 'secret'.repeat(10_000), 'it has more than 16384 characters'],
  ] as const) {
    it(`is not repeated in the error, if it is ${what}`, async () => {
      now = text;
      const error = await failure(source.get(LIMIT_MS));
      expect(error.message).to.contain(problem);
      expect(inspect(error, { depth: 10 })).not.to.contain('secret');
    });
  }

  context('when a daemon refuses it', () => {
    let use: TokenUse;
    beforeEach(async () => {
      use = new TokenUse(clock, source);
      await use.next(LIMIT_MS);
    });

    it('is read again, and a call is tried with the other one', async () => {
      now = 'two';
      expect(await use.leaves(refused(), LIMIT_MS)).to.equal(undefined);
      expect(await use.next(LIMIT_MS)).to.equal('two');
    });

    it('is not tried again, if there is no other one', async () => {
      const error = refused();
      expect(await use.leaves(error, LIMIT_MS)).to.equal(error);
      expect(reads).to.equal(2);
    });

    it('is not read again for who comes with the former one', async () => {
      const late = new TokenUse(clock, source);
      await late.next(LIMIT_MS);
      now = 'two';
      await use.leaves(refused(), LIMIT_MS);
      expect(await late.leaves(refused(), LIMIT_MS)).to.equal(undefined);
      expect(reads).to.equal(2);
    });

    it('is exchanged once for a call, whatever comes then', async () => {
      now = 'two';
      await use.leaves(refused(), LIMIT_MS);
      await use.next(LIMIT_MS);
      now = 'three';
      const error = refused();
      expect(await use.leaves(error, LIMIT_MS)).to.equal(error);
    });

    it('is exchanged again for a wait that went on for a while with the other one', async () => {
      now = 'two';
      await use.leaves(refused(), LIMIT_MS);
      await use.next(LIMIT_MS);
      now = 'three';
      await clock.advance(1000);
      expect(await use.leaves(refused(), LIMIT_MS)).to.equal(undefined);
    });

    it('may be there again, if it can not be read now', async () => {
      now = new Error('gone');
      const left = await use.leaves(refused(), LIMIT_MS);
      expect(left).to.include({ code: 'UNAVAILABLE', reason: 'TOKEN_UNREADABLE' });
      now = 'two';
      expect(await use.leaves(refused(), LIMIT_MS)).to.equal(undefined);
    });

    it('does not change what a policy denies', async () => {
      const error = refused('PERMISSION_DENIED');
      expect(await use.leaves(error, LIMIT_MS)).to.equal(error);
      expect(reads).to.equal(1);
    });
  });
});
