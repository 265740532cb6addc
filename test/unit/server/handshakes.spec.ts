import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { expect } from 'chai';
import { makeCertificates, readCertificates } from '../../support/certificates.js';
import { until } from '../../support/until.js';
import { startServers } from '../../support/wire-servers.js';
import type { TestServers } from '../../support/wire-servers.js';

const WIRES = ['http', 'grpc'] as const;

describe('A TLS handshake that fails', function () {
  this.timeout(10_000);
  let folder: string;
  let ours: Awaited<ReturnType<typeof readCertificates>>;
  let other: typeof ours;
  let servers: TestServers;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-handshakes-'));
    ours = await readCertificates(await makeCertificates(folder, 'ours'));
    other = await readCertificates(await makeCertificates(folder, 'other'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    const { cert: certificate, key, ca: clientCa } = ours;
    const limits = { readTimeoutMs: 2000 };
    servers = await startServers({
      tls: { certificate, key, clientCa },
      grpc: limits,
      http: limits,
    });
  });
  afterEach(() => servers.stop());

  const portOf = (wire: (typeof WIRES)[number]): number =>
    wire === 'http' ? servers.httpPort : servers.grpcPort;

  /** Comes with TLS, and is not let in. @returns its own address, as it is to be reported. */
  const come = async (port: number, options: ConnectionOptions): Promise<string> => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ALPNProtocols: ['h2', 'http/1.1'],
      ...options,
    });
    socket.on('error', () => undefined);
    let from = '';
    socket.once('connect', () => (from = `127.0.0.1:${socket.localPort ?? 0}`));
    await new Promise((resolve) => socket.resume().once('close', resolve));
    return from;
  };

  const reported = async (): Promise<TestServers['observer']['handshakes'][number] | undefined> => {
    await until('it is reported', () => servers.observer.handshakes.length > 0);
    return servers.observer.handshakes[0];
  };

  for (const wire of WIRES) {
    context(`over ${wire}`, () => {
      it('is reported for a caller without a certificate', async () => {
        const peer = await come(portOf(wire), { ca: ours.ca });
        const reason = 'the caller shows no certificate, and must';
        expect(await reported()).to.deep.equal({ wire, peer, reason });
      });

      it('is reported for a certificate of an unknown authority', async () => {
        const { cert, key } = other;
        const peer = await come(portOf(wire), { ca: ours.ca, cert, key });
        const reason = "the caller's certificate is refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE";
        expect(await reported()).to.deep.equal({ wire, peer, reason });
      });

      it('is over for a caller that begins it, and says no more', async () => {
        const socket = connectPlain(portOf(wire), '127.0.0.1').on('error', () => undefined);
        socket.write(Buffer.from([22, 3, 1]));
        await once(socket.resume(), 'close');
        expect(await reported()).to.include({ wire, reason: 'the handshake took too long' });
      });

      it('is reported for a caller that hangs up', async () => {
        const { cert, key } = ours;
        const peer = await come(portOf(wire), { ca: other.ca, cert, key });
        const failure = await reported();
        expect(failure).to.include({ wire, peer });
        expect(failure?.reason).to.contain('it may not trust our certificate');
      });

      it('is reported for a caller without TLS', async () => {
        const socket = connectPlain(portOf(wire), '127.0.0.1').on('error', () => undefined);
        socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        expect(await reported()).to.include({ wire, reason: 'the caller speaks without TLS' });
      });

      it('is no request: the access log has none', async () => {
        await come(portOf(wire), { ca: ours.ca });
        await reported();
        expect(servers.observer.entries).to.deep.equal([]);
      });

      it('is none where a probe connects and says nothing', async () => {
        const probe = connectPlain(portOf(wire), '127.0.0.1');
        await once(probe, 'connect');
        probe.destroy();
        await come(portOf(wire), { ca: ours.ca });
        await reported();
        expect(servers.observer.handshakes).to.have.length(1);
      });
    });
  }
});
