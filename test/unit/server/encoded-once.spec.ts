import { expect } from 'chai';
import { encodedOnce, givenAgain } from '../../../src/server/handlers/encoded-once.js';

describe('encodedOnce', () => {
  const encoded: object[] = [];

  function encode(answer: { text?: string }): string {
    encoded.push(answer);
    return answer.text ?? '';
  }

  beforeEach(() => {
    encoded.length = 0;
  });

  it('encodes once what is given again, and all else each time', () => {
    const of = encodedOnce(encode);
    const again = givenAgain({ text: 'again' });
    const once = { text: 'once' };
    expect([of(again), of(once), of(again), of(once)]).to.deep.equal([
      ...['again', 'once', 'again', 'once'],
    ]);
    expect(encoded).to.deep.equal([again, once, once]);
  });

  it('tells answers apart by what they are, not by what is in them', () => {
    const of = encodedOnce(encode);
    of(givenAgain({ text: 'a' }));
    of(givenAgain({ text: 'a' }));
    expect(encoded).to.have.length(2);
  });

  it('keeps so many bytes: those made first make room', () => {
    const of = encodedOnce(encode, 10_000);
    const [a, b, c] = ['a', 'b', 'c'].map((text) => givenAgain({ text: text.repeat(4000) }));
    for (const answer of [a, b, c, b, c, a]) of(answer ?? {});
    expect(encoded).to.deep.equal([a, b, c, a]);
  });

  it('does not keep what is larger than all its room, and forgets nothing for it', () => {
    const of = encodedOnce(encode, 1000);
    const small = givenAgain({ text: 'small' });
    const large = givenAgain({ text: 'large'.repeat(1000) });
    for (const answer of [small, large, large, small]) of(answer);
    expect(encoded).to.deep.equal([small, large, large]);
  });
});
