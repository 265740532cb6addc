import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';
import { until } from '../support/until.js';
import { ask, RawConnection, request } from './raw-http.js';

describe('a daemon that refuses', function () {
  this.timeout(60_000);

  it('keeps to its settings, tells addresses apart, and counts by reason', async () => {
    const env = {
      SHARED_LOCK_LIMIT_CONNECTIONS: '10',
      SHARED_LOCK_LOOPBACK_SHARES: 'true',
      SHARED_LOCK_TRUSTED_PROXIES: '127.0.0.9',
    };
    const daemon = await DaemonProcess.start({ env });
    try {
      const many = Array.from({ length: 8 }, () => new RawConnection(daemon.httpPort, '127.0.0.2'));
      await until('the address has its share', async () => {
        const one = new RawConnection(daemon.httpPort, '127.0.0.2');
        const { status } = await one.send(request('GET /v1/locks')).answer();
        one.end();
        return status === 429;
      });
      expect((await ask(daemon.httpPort, request('GET /v1/locks'))).status).to.equal(200);
      const { body } = await ask(daemon.httpPort, request('GET /metrics'));
      expect(body).to.match(
        /shared_lock_refused_total\{wire="http",reason="CONNECTION_SHARE"\} [1-9]/,
      );
      for (const connection of many) connection.end();
    } finally {
      await daemon.dispose();
    }
  });
});
