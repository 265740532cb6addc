import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';

const LARGE = `"${'a'.repeat(1024 * 1024)}"`;
const TOO_LARGE =
  'the body is larger than 1048576 bytes; SHARED_LOCK_LIMIT_HTTP_BODY_BYTES of the daemon sets that';

/** Of a renewal, which needs none of it. */
const TOO_LARGE_TO_RENEW =
  'the body is larger than 65536 bytes; no renewal, release or the like needs as much';

/** For each of the systems that were replaced: a path that takes a body, and how its callers know errors. */
const SYSTEMS: readonly (readonly [
  string,
  string,
  (status: number, message: string) => unknown,
])[] = [
  ['the original', '/lease', (_, message) => `${message}\n`],
  ['the original', '/keepalive', (_, message) => `${message}\n`],
  ['the counter app', '/increase_counter', (_, error) => ({ error })],
  ['the config cache', '/config/a/b', (_, error) => ({ error })],
  ['the config API', '/config?service=a', (error, message) => ({ success: false, error, message })],
  ['the message service', '/messages', (_, message) => ({ err_msg: message })],
];

describe('What is refused before a route of a former system sees it', function () {
  this.timeout(30_000);
  let daemon: DaemonProcess;

  before(async () => (daemon = await DaemonProcess.start()));
  after(() => daemon.dispose());

  const ask = async (
    path: string,
    init: RequestInit,
  ): Promise<{ response: Response; body: unknown }> => {
    const response = await fetch(`${daemon.url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { response, body: isJson === true ? JSON.parse(text) : text };
  };

  for (const [system, path, shape] of SYSTEMS) {
    it(`has the shape of ${system} where a body for ${path} is too large`, async () => {
      const { response, body } = await ask(path, { method: 'POST', body: LARGE });
      expect(response.status).to.equal(413);
      const isRenewal = path === '/keepalive';
      expect(body).to.deep.equal(shape(413, isRenewal ? TOO_LARGE_TO_RENEW : TOO_LARGE));
    });

    it(`has the shape of ${system}, and Allow, for a method that ${path} does not take`, async () => {
      const { response, body } = await ask(path, { method: 'OPTIONS' });
      const allow = response.headers.get('allow') ?? '';
      expect(response.status).to.equal(405);
      expect(allow).to.contain('POST');
      expect(body).to.deep.equal(shape(405, `this path takes ${allow}`));
    });
  }

  it('has the path of the route in the access log, not that of the request', async () => {
    await ask('/config/secret', { method: 'POST', body: LARGE });
    expect(daemon.output).to.contain('"method":"POST /config/*"').and.to.not.contain('secret');
  });
});
