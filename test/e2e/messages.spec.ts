import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { WireClient } from '../support/wire-client.js';
import { daemonOf, eventually, refusalOf, WIRES, WORLDS } from './worlds.js';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

let next = 0;

for (const [engine, open] of WORLDS) {
  describe(`Messages of the built daemon on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open, () => ({
      env: { SHARED_LOCK_LIMIT_MESSAGES_BYTES: '1000', SHARED_LOCK_MESSAGE_RETENTION: '1h' },
    }));

    for (const [wire, connect] of WIRES) {
      context(`over ${wire}`, () => {
        let client: WireClient;
        let text: string;

        beforeEach(() => {
          client = connect(on.daemon);
          text = `text ${next++}`;
        });

        afterEach(() => {
          client.close();
        });

        it('are stored, found and deleted', async () => {
          const digest = digestOf(text);
          expect(await client.call('PutMessage', { message: text })).to.deep.equal({ digest });
          expect(await client.call('GetMessage', { digest })).to.deep.equal({ message: text });
          const once = { digest, requestId: `delete ${text}` };
          expect(await client.call('DeleteMessage', once)).to.deep.equal({ deleted: true });
          expect(await client.call('DeleteMessage', once)).to.deep.equal({ deleted: true });
          expect(await client.call('DeleteMessage', { digest })).to.deep.equal({ deleted: false });
          expect(await refusalOf(client, 'GetMessage', { digest })).to.equal('NOT_FOUND');
        });

        it('are refused beyond the limit, on the replaced routes too, until some are deleted', async () => {
          const large = text.padEnd(900, 'x');
          await client.call('PutMessage', { message: large });
          const more = `${text} more`.padEnd(200, 'x');
          const fault: unknown = await client
            .call('PutMessage', { message: more })
            .catch((error: unknown) => error);
          expect(fault).to.have.property('code', 'RESOURCE_EXHAUSTED');
          expect(fault).to.have.property('message').that.includes('at most 1000000 of 1000 bytes');
          const replaced = await fetch(`${on.daemon.url}/messages`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ message: more }),
          });
          expect(replaced.status).to.equal(429);
          expect(await replaced.json())
            .to.have.property('err_msg')
            .that.includes('SHARED_LOCK_LIMIT_MESSAGES_BYTES');
          await client.call('DeleteMessage', { digest: digestOf(large) });
          await client.call('PutMessage', { message: more });
          await client.call('DeleteMessage', { digest: digestOf(more) });
        });
      });
    }

    it('say over OpenAPI how they are deleted', async () => {
      const document = (await (await fetch(`${on.daemon.url}/openapi.json`)).json()) as {
        paths: Record<string, object>;
      };
      expect(document.paths['/v1/messages/{digest}']).to.have.property('delete');
    });
  });
}

describe('Messages of a daemon that keeps them for a moment', function () {
  this.timeout(120_000);
  const [, open] = WORLDS[0];
  const on = daemonOf(open, () => ({ env: { SHARED_LOCK_MESSAGE_RETENTION: '1s' } }));

  it('are deleted by themselves', async () => {
    const [, connect] = WIRES[1];
    const client = connect(on.daemon);
    const { digest } = await client.call('PutMessage', { message: 'x' });
    const isGone = async (): Promise<boolean> =>
      (await refusalOf(client, 'GetMessage', { digest })) === 'NOT_FOUND';
    await eventually('it is gone', isGone, 60_000);
    client.close();
  });
});
