import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { unlessAborted } from '../../../src/client/wire/unless-aborted.js';
import { linked } from '../../../src/client/wire/linked.js';

describe('A linked signal', () => {
  it('aborts with the reason of the first source that does', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    using link = linked(one.signal, undefined, two.signal);
    two.abort('two');
    one.abort('one');
    expect(link.signal.reason).to.equal('two');
  });

  it('is aborted from the start if a source is', () => {
    using link = linked(AbortSignal.abort('before'));
    expect(link.signal.reason).to.equal('before');
  });

  it('follows nobody once it is disposed of', () => {
    const source = new AbortController();
    const link = linked(source.signal);
    link[Symbol.dispose]();
    source.abort();
    expect(link.signal.aborted).to.equal(false);
  });

  it('leaves nothing behind at a source, and lets many listen without a warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const source = new AbortController();
    const links = Array.from({ length: 100 }, () => linked(source.signal));
    expect(getEventListeners(source.signal, 'abort')).to.have.lengthOf(1);
    for (const link of links) link[Symbol.dispose]();
    expect(getEventListeners(source.signal, 'abort')).to.deep.equal([]);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
  });
});

describe('Work that can not be called off', () => {
  it('is abandoned when the signal aborts before its end', async () => {
    const stop = new AbortController();
    const abandoned: unknown[] = [];
    const work = new Promise<string>(() => undefined);
    const result = unlessAborted(work, stop.signal, (given) => abandoned.push(given));
    stop.abort('enough');
    expect(await result.catch((reason: unknown) => reason)).to.equal('enough');
    expect(abandoned).to.deep.equal([work]);
  });

  it('is never both handed over and abandoned, whenever the signal aborts', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const stop = new AbortController();
      let isAbandoned = false;
      const result = unlessAborted(Promise.resolve('lock'), stop.signal, () => {
        isAbandoned = true;
      }).then(
        () => true,
        () => false,
      );
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      stop.abort();
      expect(await result).to.equal(!isAbandoned, `after ${turns} turns`);
    }
  });
});
