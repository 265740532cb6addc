import { expect } from 'chai';
import { TokenSource } from '../../../../src/client/tokens/token-source.js';
import { FreshTokens } from '../../../../src/client/wire/fresh-tokens.js';
import type { ShownStream } from '../../../../src/client/wire/fresh-tokens.js';
import { VirtualClock } from '../../../../src/clock/virtual-clock.js';

class Stream implements ShownStream {
  token: string | undefined = 'one';
  readonly shown: string[] = [];

  show(token: string): void {
    this.token = token;
    this.shown.push(token);
  }
}

describe('Streams that are open, and may be quiet for long', () => {
  let clock: VirtualClock;
  let now: string;
  let tokens: TokenSource;
  let open: Stream[];
  let fresh: FreshTokens;

  beforeEach(async () => {
    clock = new VirtualClock();
    now = 'one';
    tokens = new TokenSource(clock, { read: () => Promise.resolve(now), keepMs: 60_000 });
    await tokens.get(1000);
    open = [new Stream(), new Stream()];
    fresh = new FreshTokens(clock, tokens, () => open);
    fresh.start();
  });

  it('are shown a token that is new, once', async () => {
    await clock.advance(50_000);
    expect(open.map(({ shown }) => shown)).to.deep.equal([[], []]);
    now = 'two';
    await clock.advance(100_000);
    expect(open.map(({ shown }) => shown)).to.deep.equal([['two'], ['two']]);
  });

  it('are shown nothing once they are closed', async () => {
    const [one] = open;
    open = [];
    now = 'two';
    await clock.advance(100_000);
    expect(one?.shown).to.deep.equal([]);
    // Another one is opened.
    open = [new Stream()];
    fresh.start();
    await clock.advance(100_000);
    expect(open[0]?.shown).to.deep.equal(['two']);
  });

  it('are left alone when the client closes', async () => {
    fresh.stop();
    now = 'two';
    await clock.advance(100_000);
    expect(open[0]?.shown).to.deep.equal([]);
  });
});
