import { expect } from 'chai';
import { unavailable } from '../../../src/core/errors.js';
import { DEFAULT_TTL_BOUNDS } from '../../../src/core/limits.js';
import { originalRoutes } from '../../../src/server/http/legacy/original.js';
import type { LeaseService } from '../../../src/service/lease/lease-service.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

describe('the routes of the original', () => {
  let servers: TestServers;

  before(async () => {
    servers = await startServers();
  });

  after(() => servers.stop());

  async function send(
    path: string,
    body: string | undefined,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; type: string | null }> {
    const response = await fetch(`http://127.0.0.1:${servers.httpPort}${path}`, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      text: await response.text(),
      type: response.headers.get('content-type'),
    };
  }

  it('gives 201 and the lease ID as plain text', async () => {
    const answer = await send('/lease', '{"key": "value"}', { 'Content-Type': 'application/json' });
    expect(answer.status).to.equal(201);
    expect(answer.text).to.match(/^[1-9][0-9]{0,18}$/);
    expect(answer.type).to.equal('text/plain; charset=utf-8');
  });

  it('gives 202 and 0 to who comes second, never the lease of the holder', async () => {
    const first = await send('/lease', '{"key":"second"}');
    const second = await send('/lease', '{"key":"second"}');
    expect(first.status).to.equal(201);
    expect(second).to.include({ status: 202, text: '0' });
  });

  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json',
    'x',
    'a/b/c;;=',
  ]) {
    it(`accepts the content type ${type}`, async () => {
      const answer = await send('/lease', JSON.stringify({ key: `type ${type}` }), {
        'content-type': type,
      });
      expect(answer.status).to.equal(201, answer.text);
    });
  }

  it('reads members in any case, and ignores those that it does not know', async () => {
    const body = '{"KEY":"any case","Value":"v","labels":{"a":"b"},"timestamp":"2024","x":[1]}';
    expect((await send('/lease', body)).status).to.equal(201);
    const [holder] = (await servers.daemon.locks.get('any case')).holders;
    expect(holder).to.include({ value: 'v' });
    expect([...(holder?.labels ?? [])]).to.deep.equal([['a', 'b']]);
  });

  it('takes the TTL of the header, else 10 s', async () => {
    await send('/lease', '{"key":"ttl 60"}', { 'x-lease-ttl': '1m' });
    await send('/lease', '{"key":"ttl 10"}');
    const remaining = async (name: string): Promise<number> =>
      (await servers.daemon.locks.get(name)).holders[0]?.remainingTtlSeconds ?? 0;
    expect(await remaining('ttl 60')).to.be.within(50, 60);
    expect(await remaining('ttl 10')).to.be.within(5, 10);
  });

  const bad: readonly (readonly [string, string, Record<string, string>])[] = [
    ['no JSON', 'key=value', {}],
    ['an empty body', '', {}],
    ['a list', '[]', {}],
    ['no key', '{"value":"x"}', {}],
    ['an empty key', '{"key":""}', {}],
    ['a key that is no string', '{"key":1}', {}],
    ['labels that are no strings', '{"key":"b","labels":{"a":1}}', {}],
    ['a TTL without a unit', '{"key":"b"}', { 'x-lease-ttl': '60' }],
    ['a TTL of zero', '{"key":"b"}', { 'x-lease-ttl': '0s' }],
    ['a TTL above a year', '{"key":"b"}', { 'x-lease-ttl': '8761h' }],
  ];
  for (const [what, body, headers] of bad) {
    it(`gives 400 for ${what}, as plain text`, async () => {
      const answer = await send('/lease', body, headers);
      expect(answer.status).to.equal(400);
      expect(answer.type).to.equal('text/plain; charset=utf-8');
      expect(answer.text).not.to.be.empty;
    });
  }

  it('renews with 200, and gives 204 when there is no such lease', async () => {
    const { text: lease } = await send('/lease', '{"key":"renewed"}');
    expect(await send('/keepalive', lease)).to.include({ status: 200, text: '' });
    expect((await send('/keepalive', `${lease}\n`)).status).to.equal(200);
    expect(
      (await send('/keepalive', '12345', { 'content-type': 'application/json' })).status,
    ).to.equal(204);
  });

  const none = ['0', '-5', '+7', '00123', '9223372036854775807', '-9223372036854775808'];
  for (const body of [...none, `${'0'.repeat(60_000)}1`]) {
    it(`gives 204 for a renewal of ${body.slice(0, 20)}, which is a number that no lease has`, async () => {
      expect(await send('/keepalive', body)).to.include({ status: 204, text: '' });
    });
  }

  it('renews a lease whose number has zeros in front, or a plus, as a number', async () => {
    const { text: lease } = await send('/lease', '{"key":"zeros"}');
    expect((await send('/keepalive', `00${lease}`)).status).to.equal(200);
    expect((await send('/keepalive', `+${lease}`)).status).to.equal(200);
    expect((await send('/keepalive', `-${lease}`)).status).to.equal(204);
  });

  const noNumbers = ['abc', '', '-', '+-5', '1.0', '0x10', '1_000', '9223372036854775808'];
  for (const body of [...noNumbers, '-9223372036854775809', '9'.repeat(60_000), '{"lease":1}']) {
    it(`gives 400 for a renewal of ${JSON.stringify(body.slice(0, 20))}`, async () => {
      expect((await send('/keepalive', body)).status).to.equal(400);
    });
  }

  it('takes a TTL of a year, which others may not ask for, and keeps the lease', async () => {
    const answer = await send('/lease', '{"key":"year"}', { 'x-lease-ttl': '8760h' });
    expect(answer.status).to.equal(201);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [holder] = (await servers.daemon.locks.get('year')).holders;
    expect(holder?.remainingTtlSeconds).to.be.within(365 * 86_400 - 60, 365 * 86_400);
    expect((await send('/keepalive', answer.text)).status).to.equal(200);
    const body = JSON.stringify({ key: 'day', ttl: '25h' });
    const headers = { 'content-type': 'application/json' };
    expect((await send('/v1/leases', body, headers)).status).to.equal(400);
  });

  it("counts in the original's words, and not what it could not read", async () => {
    servers.original.length = 0;
    const { text: lease } = await send('/lease', '{"key":"counted"}');
    await send('/lease', '{"key":"counted"}');
    await send('/lease', 'no JSON');
    for (const body of [lease, '12345', '0', 'no number']) await send('/keepalive', body);
    expect(servers.original).to.deep.equal([
      ...['get created', 'get accepted'],
      ...['prolong success', 'prolong failure', 'prolong failure'],
    ]);
  });

  it('gives 500 when the storage fails, for a renewal too: never 204', async () => {
    const broken = {
      create: () => Promise.reject(unavailable('no answer')),
      keepAlive: () => Promise.reject(unavailable('no answer')),
    } as unknown as LeaseService; // the two methods that the routes use
    const counted: string[] = [];
    const routes = originalRoutes(
      {
        leases: broken,
        nowMs: () => 0,
        ttl: DEFAULT_TTL_BOUNDS,
        metrics: { originalLease: (...words) => counted.push(words.slice(0, 2).join(' ')) },
      },
      () => '',
    );
    const request = {
      headers: {},
      contentType: undefined,
      rest: '',
      query: '',
      remoteAddress: '',
      call: { wire: 'http', signal: new AbortController().signal },
    } as const;
    for (const [path, body] of [
      ['/lease', '{"key":"a"}'],
      ['/keepalive', '5'],
    ] as const) {
      const route = routes.find((candidate) => candidate.path === path);
      const answer = await route?.handle({ ...request, body: Buffer.from(body) });
      expect(answer?.status).to.equal(500);
    }
    expect(counted).to.deep.equal(['get error', 'prolong failure']);
  });
});
