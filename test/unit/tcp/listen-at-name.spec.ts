import { expect } from 'chai';
import { listenAtName } from '../../../src/tcp/listen-at-name.js';

/** No resolver is needed for it. */
const HOST = '127.0.0.1';

describe('A port that is taken', () => {
  /** The first ports that it is asked for are. */
  const takenFor = (times: number) => {
    const bound: number[] = [];
    const binder = {
      bind: (_: string, port: number): Promise<number> => {
        if (bound.length < times) {
          bound.push(port);
          const error = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
          return Promise.reject(error);
        }
        return Promise.resolve(port || 4711);
      },
      unbindAll: () => Promise.resolve(),
    };
    return { bound, binder };
  };

  it('is exchanged for another one, if any will do', async () => {
    expect(await listenAtName(HOST, 0, takenFor(3).binder)).to.equal(4711);
  });

  it('is exchanged ten times at most', async () => {
    const { bound, binder } = takenFor(Infinity);
    const error: unknown = await listenAtName(HOST, 0, binder).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'EADDRINUSE' });
    expect(bound).to.have.length(10);
  });

  it('is not exchanged if it was asked for', async () => {
    const { bound, binder } = takenFor(1);
    const error: unknown = await listenAtName(HOST, 80, binder).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'EADDRINUSE' });
    expect(bound).to.deep.equal([80]);
  });
});
