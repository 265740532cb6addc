import { expect } from 'chai';
import { daemonOf, WORLDS } from './worlds.js';

const K8S_0 = '{"service": "managed-k8s", "data": [{"key1": "value1"}, {"key2": "value2"}]}';
const K8S_1 =
  '{"service": "managed-k8s", "data": [{"key1": "value1"}, {"key2": "value2"}, ' +
  '{"key3": "value3"}, {"key4": "value4"}]}';
const NGINX_0 = '{"service": "nginx", "data": [{"key1": "value1"}, {"key2": "value2"}]}';
const UNPROCESSABLE = '{"error":422,"message":"unprocessable","success":false}\n';
const NOT_FOUND = '{"error":404,"message":"resource not found","success":false}\n';
const SUCCESS = '{"success":true}\n';

for (const [engine, open] of WORLDS) {
  describe(`the config API service on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    /** Status and body, as `200 {…}`. */
    const ask = async (
      method: string,
      query: string,
      body?: string,
      contentType = 'application/json',
    ): Promise<string> => {
      const response = await fetch(`${on.daemon.url}/config${query}`, {
        method,
        ...(body === undefined ? {} : { body, headers: { 'content-type': contentType } }),
      });
      return `${response.status} ${await response.text()}`;
    };

    it('answers the documented session, in order', async () => {
      const created = (ID: number, service: string, serviceJSONconf: string, total: number) =>
        `200 ${JSON.stringify({ ID, enabled: true, service, serviceJSONconf, success: true, total_configs: total })}\n`;
      expect(await ask('POST', '?service=managed-k8s', K8S_0)).to.equal(
        created(1, 'managed-k8s', K8S_0, 1),
      );
      expect(await ask('POST', '?service=managed-k8s', NGINX_0)).to.equal(`422 ${UNPROCESSABLE}`);
      expect(await ask('POST', '?service=nginx', NGINX_0)).to.equal(
        created(2, 'nginx', NGINX_0, 2),
      );
      expect(await ask('GET', '?service=managed-k8s')).to.equal(`200 ${K8S_0}`);
      expect(await ask('GET', '?service=nginx')).to.equal(`200 ${NGINX_0}`);
      expect(await ask('GET', '?service=junk')).to.equal(`404 ${NOT_FOUND}`);
      expect(await ask('PATCH', '?service=managed-k8s', K8S_1)).to.equal(`200 ${SUCCESS}`);
      expect(await ask('GET', '?service=managed-k8s')).to.equal(
        `200 ${JSON.stringify({ 0: K8S_0, 1: K8S_1 })}\n`,
      );
    });

    it('gives one version, or the latest', async () => {
      await ask('POST', '?service=versions', '{"service":"versions","v":0}');
      await ask('PATCH', '?service=versions', '{"service":"versions","v":1}');
      const version = (wanted: string) => ask('GET', `?service=versions&version=${wanted}`);
      expect(await version('0')).to.equal('200 {"service":"versions","v":0}');
      expect(await version('latest')).to.equal('200 {"service":"versions","v":1}');
      expect(await version('7')).to.equal(`404 ${NOT_FOUND}`);
      expect(await version('x')).to.equal(`422 ${UNPROCESSABLE}`);
    });

    it('patches by RFC 7396 and RFC 6902 if the content type says so', async () => {
      await ask('POST', '?service=patched', '{"service":"patched","a":1.0}');
      const merge = 'application/merge-patch+json';
      expect(await ask('PATCH', '?service=patched', '{"b":2}', merge)).to.equal(`200 ${SUCCESS}`);
      const operations = '[{"op":"remove","path":"/a"}]';
      await ask('PATCH', '?service=patched', operations, 'application/json-patch+json');
      expect(await ask('GET', '?service=patched&version=latest')).to.equal(
        '200 {"service":"patched","b":2}',
      );
    });

    it('deletes only what is disabled', async () => {
      await ask('POST', '?service=gone', '{"service":"gone"}');
      expect(await ask('DELETE', '?service=gone')).to.match(
        /^409 \{"error":409,.*"success":false\}\n$/,
      );
      await fetch(`${on.daemon.url}/v1/namespaces/config-api/configs/gone:setEnabled`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"enabled":false}',
      });
      expect(await ask('DELETE', '?service=gone')).to.equal(`200 ${SUCCESS}`);
      expect(await ask('GET', '?service=gone')).to.equal(`404 ${NOT_FOUND}`);
      expect(await ask('DELETE', '?service=gone')).to.equal(`404 ${NOT_FOUND}`);
      expect(await ask('PATCH', '?service=gone', NGINX_0)).to.equal(`404 ${NOT_FOUND}`);
    });

    it('finds what it can not process', async () => {
      const bodies = [
        '',
        'x',
        '[]',
        '{}',
        '{"service":"a","service":"b"}',
        '\ufeff{"service":"a"}',
      ];
      await ask('POST', '?service=good', '{"service":"good"}');
      for (const body of [...bodies, `{"a":"${'a'.repeat(100_000)}"}`]) {
        expect(await ask('POST', '?service=bad', body), body).to.equal(`422 ${UNPROCESSABLE}`);
        expect(await ask('PATCH', '?service=good', body), body).to.equal(`422 ${UNPROCESSABLE}`);
      }
      expect(await ask('GET', '?service=good')).to.equal('200 {"service":"good"}');
      for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
        const body = method === 'GET' ? undefined : '{"service":"a"}';
        expect(await ask(method, '', body), method).to.equal(`422 ${UNPROCESSABLE}`);
        expect(await ask(method, '?service=a%2F..', body)).to.equal(`422 ${UNPROCESSABLE}`);
      }
    });
  });
}
