import { expect } from 'chai';
import { authorityIn, isHostAllowed } from '../../../../src/server/http/web/hosts.js';

describe('the hosts that the HTTP API answers to', () => {
  const ALLOWED = [
    ...['localhost', 'shared-lock', 'a_name', '127.0.0.1', '10.1.2.3', '::1', 'fe80::1', '127.1'],
    ...['0x7f.1', 'app.localhost', 'nas.local', 'db.internal', 'pc.home.arpa', 'lock.infra.svc'],
    ...['lock.infra.svc.cluster.local', 'ops.example.com', 'a.corp.example', 'b.a.corp.example'],
    'corp.example',
  ];
  const REFUSED = [
    ...['evil.example', 'localhost.evil.example', 'local.example', 'evilsvc.com', 'lock.infra'],
    ...['ops.example.com.evil.example', 'x.ops.example.com', 'evilcorp.example', '1.2.3.4.nip.io'],
    '127.0.0.1.evil.example',
  ];
  const LISTED = ['ops.example.com', '.corp.example'];

  for (const host of ALLOWED) {
    it(`are among others ${host}`, () => {
      expect(isHostAllowed(host, LISTED)).to.equal(true);
    });
  }
  for (const host of REFUSED) {
    it(`are not ${host}`, () => {
      expect(isHostAllowed(host, LISTED)).to.equal(false);
    });
  }
});

describe('the parts of a Host header', () => {
  for (const [text, host, port] of [
    ['Example.COM', 'example.com', ''],
    ['example.com.:80', 'example.com', '80'],
    ['[::1]:8080', '::1', '8080'],
    ['[FE80::1]', 'fe80::1', ''],
  ] as const) {
    it(`are ${host} and "${port}" in ${text}`, () => {
      expect(authorityIn(text)).to.deep.equal({ host, port });
    });
  }
  for (const text of [
    '',
    'a b',
    'user@host',
    'a/b',
    'a:b',
    'a:123456',
    '[::1',
    '::1',
    'x'.repeat(300),
  ]) {
    it(`are not in ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(authorityIn(text)).to.equal(undefined);
    });
  }
});
