import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { until } from '../support/until.js';
import { residentMegabytes } from './memory.js';
import { ask, RawConnection, request } from './raw-http.js';

const JSON_TYPE = 'content-type: application/json';
const ACQUIRE = 'POST /v1/locks/a:acquire';

describe('bad input over HTTP', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  let port: number;

  before(async () => {
    daemon = await DaemonProcess.start({
      env: {
        SHARED_LOCK_SERVER_READ_TIMEOUT: '1500ms',
        SHARED_LOCK_SERVER_WRITE_TIMEOUT: '1500ms',
      },
    });
    port = daemon.httpPort;
  });

  after(() => daemon.dispose());

  afterEach('the daemon goes on serving', async () => {
    expect((await ask(port, request('GET /livez'))).status).to.equal(200);
    expect((await ask(port, request('GET /v1/locks'))).status).to.equal(200);
  });

  const simple: readonly (readonly [string, number, string | Buffer])[] = [
    [
      'Content-Length together with Transfer-Encoding',
      400,
      `${ACQUIRE} HTTP/1.1\r\nhost: x\r\n${JSON_TYPE}\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two Content-Length', 400, request(ACQUIRE, [JSON_TYPE, 'content-length: 3'], '{}')],
    ['two Host headers', 400, request('GET /v1/locks', ['host: y'])],
    ['no Host header', 400, 'GET /v1/locks HTTP/1.1\r\n\r\n'],
    ['a space within the target', 400, request('GET /v1/locks/a b')],
    ['an HTTP/2 preface', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['text that is no HTTP', 400, 'hello\r\n\r\n'],
    ['//evil', 404, request('GET //evil')],
    ['//evil/%2e%2e', 404, request('GET //evil/%2e%2e')],
    ['an unknown path', 404, request('GET /v2/locks')],
    ['a slash at the end of a list', 404, request('GET /v1/locks/a/')],
    ['an asterisk', 404, request('OPTIONS *')],
    ['another content type', 415, request(ACQUIRE, ['content-type: text/plain'], '{}')],
    ['another charset', 415, request(ACQUIRE, [`${JSON_TYPE}; charset=utf-16`], '{}')],
    ['1,500 headers', 431, request('GET /v1/locks', manyHeaders(1500))],
    ['201 headers', 431, request('GET /v1/locks', manyHeaders(200))],
    ['a header of 64 KiB', 431, request('GET /v1/locks', [`x: ${'a'.repeat(65_536)}`])],
    ['a URL of 9 KiB', 414, request(`GET /v1/locks/${'a'.repeat(9 * 1024)}`)],
    ['a URL of 100 KiB', 414, request(`GET /v1/locks/${'a'.repeat(100 * 1024)}`)],
    ['a body that is no JSON', 400, request(ACQUIRE, [JSON_TYPE], '{"ttl":')],
    ['JSON of 10,000 levels', 400, request(ACQUIRE, [JSON_TYPE], '['.repeat(10_000))],
    ['a member that is there twice', 400, request(ACQUIRE, [JSON_TYPE], '{"ttl":"1s","ttl":"2s"}')],
    ['a byte order mark', 400, request(ACQUIRE, [JSON_TYPE], '\ufeff{}')],
    ['bytes after the JSON', 400, request(ACQUIRE, [JSON_TYPE], '{}{}')],
    ['a body that is not UTF-8', 400, request(ACQUIRE, [JSON_TYPE], Buffer.from([0xff, 0xfe]))],
    ['an unknown member', 400, request(ACQUIRE, [JSON_TYPE], '{"tll":"1s"}')],
    ['another name in the body', 400, request(ACQUIRE, [JSON_TYPE], '{"name":"b"}')],
    ['an unknown query parameter', 400, request('GET /v1/locks?foo=1')],
    ['a query parameter twice', 400, request('GET /v1/locks?prefix=a&prefix=b')],
    ['a query beside a body', 400, request(`${ACQUIRE}?ttl=1s`)],
    ['a fraction for an integer', 400, request('GET /v1/locks?page_size=1.5')],
    ['%zz in a name', 400, request('GET /v1/locks/%zz')],
    ['an overlong %c0%af in a name', 400, request('GET /v1/locks/%c0%af')],
    ['a name that is cut in the middle of a character', 400, request('GET /v1/locks/%e2%82')],
    ['an encoded NUL in a name', 400, request('GET /v1/locks/a%00b')],
    ['an encoded newline in a name', 400, request('GET /v1/locks/a%0ab')],
    ['.. as a name', 400, request('GET /v1/locks/..')],
    ['an encoded .. as a name', 400, request('GET /v1/locks/%2e%2e')],
    ['.. within a name', 400, request('GET /v1/locks/a%2F..%2Fb')],
    ['an empty name', 400, request('GET /v1/locks/')],
    ['an empty name before a verb', 400, request('POST /v1/locks/:acquire')],
    ['a name above 1 KiB', 400, request(`GET /v1/locks/${'a'.repeat(1025)}`)],
    [
      'a lone surrogate in a name',
      400,
      request('POST /v1/leases', [JSON_TYPE], '{"key":"\\ud800"}'),
    ],
  ];
  for (const [what, status, bytes] of simple) {
    it(`answers ${status} to ${what}`, async () => {
      const answer = await ask(port, bytes);
      expect(answer.status).to.equal(status, answer.body);
      expect(JSON.parse(answer.body)).to.include.all.keys('code', 'message', 'details');
    });
  }

  const wrongMethods: readonly (readonly [string, string])[] = [
    ['TRACE /v1/locks/a', 'GET'],
    ['PROPFIND /v1/locks/a', 'GET'],
    ['DELETE /v1/locks/a', 'GET'],
    ['GET /v1/locks/a:acquire', 'POST'],
    ['POST /v1/locks/a:watch', 'GET'],
    ['PUT /v1/leases/5', 'DELETE, GET'],
    ['PATCH /v1/leases', 'GET, POST'],
    ['GET /lease', 'POST'],
    ['POST /livez', 'GET'],
  ];
  for (const [line, allow] of wrongMethods) {
    it(`answers 405 with Allow to ${line}`, async () => {
      const answer = await ask(port, request(line));
      expect(answer.status).to.equal(405);
      expect(answer.headers.get('allow')).to.equal(allow);
    });
  }

  context('when a name is encoded', () => {
    const names: readonly (readonly [string, string])[] = [
      ['a%2Fb', 'a/b'],
      ['a%252Fb', 'a%2Fb'],
      ['a%3Aacquire', 'a:acquire'],
      ['a:b', 'a:b'],
      ['a:b:c', 'a:b:c'],
      ['__proto__', '__proto__'],
      ['constructor', 'constructor'],
      ['%C3%A9', '\u00e9'],
      ['a+b', 'a+b'],
    ];
    for (const [raw, name] of names) {
      it(`reads ${raw} as ${name}`, async () => {
        const answer = await ask(port, request(`GET /v1/locks/${raw}`));
        expect(answer.status).to.equal(200, answer.body);
        const body = Buffer.from(answer.body, 'latin1').toString();
        expect(JSON.parse(body)).to.include({ name, held: false });
      });
    }
  });

  it('treats __proto__ as an ordinary label', async () => {
    const body = '{"ttl":"1s","labels":{"__proto__":"x","constructor":"y"}}';
    const taken = await ask(port, request('POST /v1/locks/proto:acquire', [JSON_TYPE], body));
    expect(taken.status).to.equal(200, taken.body);
    const lock = await ask(port, request('GET /v1/locks/proto'));
    expect(lock.body).to.contain('"labels":{"__proto__":"x","constructor":"y"}');
  });

  it('finds a lock whose name contains an encoded slash under no other name', async () => {
    await ask(port, request('POST /v1/locks/x%2Fy:acquire'));
    expect((await ask(port, request('GET /v1/locks/x%2Fy'))).body).to.contain('"held":true');
    expect((await ask(port, request('GET /v1/locks/x%252Fy'))).body).to.contain('"held":false');
  });

  it('answers 408 to headers that do not come to an end', async () => {
    const connection = new RawConnection(port).send('GET /livez HTTP/1.1\r\nhost: x\r\nx-a');
    expect((await connection.answer()).status).to.equal(408);
    await connection.closed();
  });

  it('answers 408 to a body that does not come to an end', async () => {
    const head = request(ACQUIRE, [JSON_TYPE, 'content-length: 100']);
    const connection = new RawConnection(port).send(head).send('{"ttl":');
    expect((await connection.answer()).status).to.equal(408);
    await connection.closed();
  });

  it('answers 413 to a body above the limit, and its connection can be read to the end', async () => {
    const connection = new RawConnection(port);
    connection.send(request(ACQUIRE, [JSON_TYPE], Buffer.alloc(1024 * 1024 + 1, ' ')));
    const answer = await connection.answer();
    expect(answer.status).to.equal(413);
    expect(JSON.parse(answer.body)).to.include({ code: 8 });
    connection.end();
  });

  it('answers 413 to a renewal or release of more than 64 KiB, which needs none of it', async () => {
    for (const route of [
      'POST /v1/leases/5:keepAlive',
      'POST /v1/locks/a:release',
      'POST /keepalive',
    ]) {
      const body = Buffer.alloc(64 * 1024 + 1, ' ');
      const answer = await ask(port, request(route, [JSON_TYPE], body));
      expect(answer.status, route).to.equal(413);
      expect(answer.body, route).to.contain('larger than 65536 bytes; no renewal');
    }
  });

  it('answers 413 to a length of 100 GB without reading it', async () => {
    const head = request(ACQUIRE, [JSON_TYPE, 'content-length: 100000000000']);
    expect((await ask(port, head)).status).to.equal(413);
  });

  it('answers 413 to chunks without an end, in bounded memory', async () => {
    const before = residentMegabytes(daemon.pid);
    const connection = new RawConnection(port);
    connection.send(request(ACQUIRE, [JSON_TYPE, 'transfer-encoding: chunked']));
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(0x10000, ' '),
      Buffer.from('\r\n'),
    ]);
    const flood = setInterval(() => {
      if (connection.socket.writable && !connection.socket.writableNeedDrain)
        connection.send(chunk);
    }, 1);
    try {
      expect((await connection.answer()).status).to.be.oneOf([413, 0]);
      await connection.closed();
    } finally {
      clearInterval(flood);
    }
    expect(residentMegabytes(daemon.pid) - before).to.be.below(100);
  });

  it('accepts a body of just the limit', async () => {
    const body = Buffer.concat([Buffer.from('{}'), Buffer.alloc(1024 * 1024 - 2, ' ')]);
    expect(
      (await ask(port, request('POST /v1/locks/big:acquire', [JSON_TYPE], body))).status,
    ).to.equal(200);
  });

  it('closes a connection that speaks TLS on the plain port', async () => {
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    const connection = new RawConnection(port).send(Buffer.concat([hello, Buffer.alloc(100, 7)]));
    expect((await connection.answer()).status).to.be.oneOf([400, 0]);
    await connection.closed();
  });

  it('lets go of callers that hang up in the middle of a body', async () => {
    for (let count = 0; count < 50; count++) {
      new RawConnection(port)
        .send(request(ACQUIRE, [JSON_TYPE, 'content-length: 50']))
        .socket.end();
    }
    expect((await ask(port, request('GET /livez'))).status).to.equal(200);
  });

  it('answers two requests that come at once, in their order', async () => {
    const connection = new RawConnection(port);
    connection.send(Buffer.concat([request('GET /v1/locks/p1'), request('GET /v1/locks/p2')]));
    expect((await connection.answer()).body).to.contain('"name":"p1"');
    expect((await connection.answer()).body).to.contain('"name":"p2"');
    connection.end();
  });

  it('does not cut a wait that is longer than the timeouts', async () => {
    await ask(port, request('POST /v1/locks/long:acquire', [JSON_TYPE], '{"ttl":"3s"}'));
    const answer = await ask(
      port,
      request('POST /v1/locks/long:acquire', [JSON_TYPE], '{"wait":"30s"}'),
    );
    expect(answer.body).to.contain('"acquired":true');
  });

  it('does not cut a stream that is longer than the timeouts', async () => {
    const connection = new RawConnection(port).send(request('GET /v1/locks/streamed:watch'));
    let text = '';
    connection.socket.on('data', (chunk) => (text += chunk.toString()));
    await new Promise((resolve) => setTimeout(resolve, 3500));
    await ask(port, request('POST /v1/locks/streamed:acquire'));
    await until('the event is told', () => text.includes('"kind":"ACQUIRED"'));
    expect(text).to.contain('content-type: text/event-stream');
    expect(text).to.match(/id: \d+\ndata: \{"kind":"ACQUIRED"/);
    connection.end();
  });

  it('resumes a stream after Last-Event-ID', async () => {
    const state = await ask(port, request('GET /v1/locks/resumed'));
    const { revision } = JSON.parse(state.body) as { revision: string };
    await ask(port, request('POST /v1/locks/resumed:acquire'));
    const connection = new RawConnection(port);
    let text = '';
    connection.socket.on('data', (chunk) => (text += chunk.toString()));
    connection.send(request('GET /v1/locks/resumed:watch', [`last-event-id: ${revision}`]));
    await until('the event is told', () => text.includes('"kind":"ACQUIRED"'));
    expect(text).not.to.contain('"kind":"STATE"');
    connection.end();
  });

  for (const [what, query] of [
    ['a future revision', 'from_revision=999999999'],
    ['a negative revision', 'from_revision=-1'],
  ] as const) {
    it(`answers 400 to a watch from ${what}`, async () => {
      expect((await ask(port, request(`GET /v1/locks/a:watch?${query}`))).status).to.equal(400);
    });
  }
});

function manyHeaders(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `x-${index}: 1`);
}
