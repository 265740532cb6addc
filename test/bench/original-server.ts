/*
 * What the original shared-lock does for each `/lease`, four round trips one after the other, behind this project's
 * own HTTP server, so that what is compared is the sequence and not the server. `original-server ENDPOINT PORT`.
 */
import { QuietTurns } from '../../src/clock/quiet-turns.js';
import { Starts } from '../../src/clock/starts.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import { loadDescriptors } from '../../src/protocol/descriptors.js';
import type { HttpAnswer, PlainRequest } from '../../src/server/http/answer.js';
import { textAnswer } from '../../src/server/http/answer.js';
import { Audit } from '../../src/server/access/audit.js';
import { Admission } from '../../src/server/admission/admission.js';
import { createHttpServer } from '../../src/server/http/server.js';
import { etcdStub, type Message } from './stubs.js';

const [endpoint = '', port = ''] = process.argv.slice(2);
const kv = etcdStub(endpoint, 'etcdserverpb.KV');
const leases = etcdStub(endpoint, 'etcdserverpb.Lease');
const clock = new SystemClock();

async function createLease({ body }: PlainRequest): Promise<HttpAnswer> {
  const request = JSON.parse(body.toString()) as { key: string; value: string };
  const key = Buffer.from(`/original/${request.key}`);
  const { count } = await kv.call('Range', { key });
  if (count !== '0') return textAnswer(202, '0');
  const { ID: lease } = await leases.call('LeaseGrant', { TTL: 10 });
  const { succeeded } = await kv.call('Txn', {
    compare: [{ key, target: 'Create', result: 'Equal', create_revision: 0 }],
    success: [{ request_put: { key, value: Buffer.from(request.value), lease } }],
  });
  if (succeeded !== true) return textAnswer(202, '0');
  await renewOnce(String(lease));
  return textAnswer(201, String(lease));
}

function renewOnce(lease: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const stream = leases.duplex('LeaseKeepAlive');
    stream.once('data', (answer: Message) => {
      resolve(answer);
      stream.end();
    });
    stream.on('error', reject);
    stream.write({ ID: lease });
  });
}

const server = createHttpServer({
  descriptors: loadDescriptors(),
  handlers: new Map(),
  clock,
  audit: new Audit(() => undefined, undefined),
  admission: new Admission(new Starts(new QuietTurns())),
  observer: {
    access: () => undefined,
    handshake: () => undefined,
    rpc: () => undefined,
    defect: () => 'defect',
  },
  ready: () => ({ ready: true, detail: '' }),
  metrics: { contentType: 'text/plain', text: () => Promise.resolve('') },
  version: 'bench',
  routes: [{ path: '/original/lease', method: 'POST', needs: 'open', handle: createLease }],
});
await server.listen({ host: '127.0.0.1', port: Number(port) });
process.stdout.write('ready\n');
