import { expect } from 'chai';
import { holdStream } from '../../../src/server/handlers/hold.js';
import type { HoldRequest__Output } from '../../../src/protocol/generated/sharedlock/v1/HoldRequest.js';
import type { HoldResponse } from '../../../src/protocol/generated/sharedlock/v1/HoldResponse.js';
import { collect, serviceBench } from '../../support/services.js';

const REQUEST: HoldRequest__Output = {
  name: 'a',
  mode: 'EXCLUSIVE',
  permits: 0,
  limit: 0,
  ttl: null,
  wait: null,
  owner: '',
  value: '',
  labels: {},
  resume: null,
  token: '',
};

describe('the handler of Hold', () => {
  const bench = serviceBench();

  function open(requests: AsyncIterable<HoldRequest__Output>): {
    readonly events: HoldResponse[];
    readonly done: Promise<unknown>;
  } {
    const { signal } = new AbortController();
    return collect(holdStream(bench.daemon.locks, requests, { wire: 'grpc', signal }));
  }

  /** The requests, and the end of the stream once the promise resolves. */
  async function* requests(
    list: readonly HoldRequest__Output[],
    end: Promise<void> = Promise.resolve(),
  ): AsyncGenerator<HoldRequest__Output> {
    yield* list;
    await end;
  }

  it('releases when the requests end', async () => {
    let close = (): void => undefined;
    const end = new Promise<void>((resolve) => (close = resolve));
    const { events, done } = open(requests([REQUEST], end));
    await bench.clock.advance(1);
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(1);
    close();
    expect(await done).to.equal('ended');
    expect(events.flatMap((event) => Object.keys(event))).to.deep.equal(['acquired', 'released']);
  });

  it('refuses a stream without a request', async () => {
    expect(await open(requests([])).done).to.have.property('code', 'INVALID_ARGUMENT');
  });

  it('refuses a second request, and frees the lock', async () => {
    const { done } = open(requests([REQUEST, REQUEST]));
    expect(await done).to.have.property('code', 'INVALID_ARGUMENT');
    expect((await bench.daemon.locks.get('a')).holderCount).to.equal(0);
  });
});
