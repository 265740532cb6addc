import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeSelfSigned } from '../support/certificates.js';
import { daemonOf, WORLDS } from './worlds.js';

/** The documented examples' digests. */
const NONE = 'a'.repeat(64);
const FOO = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const BAR = 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9';

interface Answer {
  readonly status: number | undefined;
  readonly json: unknown;
}

for (const [engine, open] of WORLDS) {
  describe(`The message service's routes on ${engine}, over HTTPS`, function () {
    this.timeout(60_000);
    let folder: string;
    let agent: Agent;
    const on = daemonOf(open, async () => {
      folder = await mkdtemp(join(tmpdir(), 'sl-messages-'));
      const { cert, key } = await makeSelfSigned(folder);
      agent = new Agent({ ca: await readFile(cert), keepAlive: true });
      return { env: { SHARED_LOCK_TLS_CERT_PATH: cert, SHARED_LOCK_TLS_KEY_PATH: key } };
    });

    after(async () => {
      agent.destroy();
      await rm(folder, { recursive: true, force: true });
    });

    async function send(method: string, path: string, body?: string | Buffer): Promise<Answer> {
      const url = `https://localhost:${on.daemon.httpPort}${path}`;
      const headers = { 'content-type': 'application/json' };
      const call = request(url, { agent, method, headers });
      const answer = new Promise<Answer>((resolve, reject) => {
        call.once('error', reject).once('response', (response) => {
          text(response).then((json) => {
            resolve({ status: response.statusCode, json: JSON.parse(json) as unknown });
          }, reject);
        });
      });
      call.end(body);
      return answer;
    }

    const post = (body: string | Buffer): Promise<Answer> => send('POST', '/messages', body);
    const get = (digest: string): Promise<Answer> => send('GET', `/messages/${digest}`);
    const postMessage = (message: string): Promise<Answer> => post(JSON.stringify({ message }));

    it('passes the documented test: not found, post, get, post, get, get again', async () => {
      const errMsg = `Message not found for hash: ${NONE}`;
      expect(await get(NONE)).to.deep.equal({ status: 404, json: { err_msg: errMsg } });
      expect(await postMessage('foo')).to.deep.equal({ status: 201, json: { digest: FOO } });
      expect(await get(FOO)).to.deep.equal({ status: 200, json: { message: 'foo' } });
      expect(await postMessage('bar')).to.deep.equal({ status: 201, json: { digest: BAR } });
      expect(await get(BAR)).to.deep.equal({ status: 200, json: { message: 'bar' } });
      expect(await get(FOO)).to.deep.equal({ status: 200, json: { message: 'foo' } });
    });

    it('names the hash that it does not know, whatever it is', async () => {
      const short = 'aaaaaaaaaaaaaaaaaaa';
      for (const [path, hash] of [
        [short, short],
        [FOO.toUpperCase(), FOO.toUpperCase()],
        ['__proto__', '__proto__'],
        ['%22%3Cb%3E', '"<b>'],
        ['', ''],
      ] as const) {
        expect(await get(path)).to.deep.equal({
          status: 404,
          json: { err_msg: `Message not found for hash: ${hash}` },
        });
      }
    });

    it('takes the same message again', async () => {
      await postMessage('twice');
      const again = await postMessage('twice');
      expect(again.status).to.equal(201);
    });

    for (const message of ['', '🦉 über', 'e\u0301', '\u00e9', 'line\nline\u0000', '__proto__']) {
      it(`gives ${JSON.stringify(message)} back as it was`, async () => {
        const { status, json } = await postMessage(message);
        expect(status).to.equal(201);
        const { digest } = json as { digest: string };
        expect(await get(digest)).to.deep.equal({ status: 200, json: { message } });
      });
    }

    it('ignores members that it does not know', async () => {
      const { status } = await post('{"message":"foo","lang":"en","__proto__":{"message":5}}');
      expect(status).to.equal(201);
    });

    const bad: readonly (readonly [string, string | Buffer])[] = [
      ['no message', '{}'],
      ['null', '{"message":null}'],
      ['a number', '{"message":5}'],
      ['a list', '["message"]'],
      ['an empty body', ''],
      ['a body that is cut', '{"message":"fo'],
      ['bytes after the JSON', '{"message":"foo"}}'],
      ['a byte order mark', '\ufeff{"message":"foo"}'],
      ['two messages', '{"message":"foo","message":"bar"}'],
      ['JSON of 10,000 levels', '{"message":' + '['.repeat(10_000)],
      ['a lone surrogate', '{"message":"\\ud800"}'],
      ['what is not UTF-8', Buffer.from([...Buffer.from('{"message":"'), 0xff, 0x22, 0x7d])],
    ];
    for (const [what, body] of bad) {
      it(`answers 400 with err_msg to ${what}`, async () => {
        const { status, json } = await post(body);
        expect(status).to.equal(400);
        expect((json as { err_msg: string }).err_msg).to.be.a('string').and.not.empty;
      });
    }

    it('answers 413 to a body above the limit, and goes on', async () => {
      expect((await post(JSON.stringify({ message: 'a'.repeat(1024 * 1024) }))).status).to.equal(
        413,
      );
      expect((await get(FOO)).status).to.equal(200);
    });
  });
}
