import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { requestsOf } from '../../../src/server/grpc/requests.js';

const never = new AbortController().signal;
const streamOf = (): PassThrough => new PassThrough({ objectMode: true });

async function all(requests: AsyncIterable<unknown>): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const request of requests) taken.push(request);
  return taken;
}

describe('requestsOf', () => {
  it('gives what was sent, in order, to the end', async () => {
    const call = streamOf();
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    for (const number of numbers) call.write(number);
    call.end();
    expect(await all(requestsOf(call, never))).to.deep.equal(numbers);
  });

  it('lets the caller wait when nobody takes what it sends', async () => {
    const call = streamOf();
    const requests = requestsOf(call, never);
    call.write('first');
    await requests.next();
    let written = 0;
    while (written < 10_000 && call.write(written)) written += 1;
    await new Promise((resolve) => setImmediate(resolve));
    expect(call.writableNeedDrain).to.equal(true);
    expect(written).to.be.below(100);
    const drained = new Promise((resolve) => call.once('drain', resolve));
    for (let taken = 0; taken < written; taken++) await requests.next();
    await drained;
  });

  it('ends when the signal aborts, whatever has not been taken', async () => {
    const call = streamOf();
    const controller = new AbortController();
    const requests = requestsOf(call, controller.signal);
    const waiting = requests.next();
    controller.abort();
    expect(await waiting).to.include({ done: true });
  });

  it('throws what the stream ends with, unless the signal aborted', async () => {
    const call = streamOf();
    const failure = all(requestsOf(call, never)).catch((error: unknown) => error);
    call.destroy(new Error('torn'));
    expect(await failure).to.have.property('message', 'torn');
    const other = streamOf();
    other.on('error', () => undefined);
    const controller = new AbortController();
    const taken = all(requestsOf(other, controller.signal));
    controller.abort();
    other.destroy(new Error('torn'));
    expect(await taken).to.deep.equal([]);
  });

  it('leaves the stream open for the answers', async () => {
    const call = streamOf();
    const requests = requestsOf(call, never);
    call.write('only');
    await requests.next();
    await requests.return(undefined);
    expect(call.destroyed).to.equal(false);
  });

  it('keeps nothing of what was taken, however much that is', async function () {
    this.timeout(20_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const call = streamOf();
    const requests = requestsOf(call, new AbortController().signal);
    const pass = async (count: number): Promise<number> => {
      for (let number = 0; number < count; number++) {
        call.write(number);
        await requests.next();
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await pass(1000);
    expect((await pass(50_000)) - before).to.be.below(5_000_000);
  });
});
