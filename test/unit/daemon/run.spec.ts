import { expect } from 'chai';
import type { Config } from '../../../src/config/config.js';
import type { DaemonProcess, StopSignal } from '../../../src/daemon/daemon-process.js';
import { runDaemon } from '../../../src/daemon/run.js';
import { until } from '../../support/until.js';
import { load } from '../config/fixture.js';

/** Ends what runs, as `process.exit` does. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

class FakeProcess implements DaemonProcess {
  readonly pid = 1;
  isTerminal = false;
  readonly exits: number[] = [];
  said = '';
  readies = 0;
  signal: (signal: StopSignal) => void = () => undefined;
  reload: () => void = () => undefined;
  defect: (error: unknown) => void = () => undefined;
  ready(): void {
    this.readies += 1;
  }
  err(text: string): void {
    this.said += text;
  }
  onStopSignal(listener: (signal: StopSignal) => void): void {
    this.signal = listener;
  }
  onReloadSignal(listener: () => void): void {
    this.reload = listener;
  }
  onDefect(listener: (error: unknown) => void): void {
    this.defect = listener;
  }
  exit(code: number): never {
    this.exits.push(code);
    throw new Exit(code);
  }
}

describe('running the daemon', () => {
  const { config } = load({
    flags: { port: '0', 'grpc-port': '0', storage: 'memory', 'log-level': 'silent' },
  });
  const start = (
    using: Config = config,
    isTerminal = false,
  ): { process: FakeProcess; ended: Promise<number> } => {
    const process = new FakeProcess();
    process.isTerminal = isTerminal;
    const ended = runDaemon(using, { version: '1.2.3', process }).catch((error: unknown) => {
      if (error instanceof Exit) return error.code;
      throw error;
    });
    return { process, ended };
  };

  it('tells a person what it is, and what to try', async () => {
    const { process, ended } = start(config, true);
    await until('it is ready', () => process.readies === 1);
    process.signal('SIGTERM');
    await ended;
    expect(process.said).to.contain('shared-lock 1.2.3');
    expect(process.said).to.match(/curl http:\/\/127\.0\.0\.1:\d+\/v1\/locks\/demo/);
    expect(process.said).to.match(/grpcurl -plaintext .* 127\.0\.0\.1:\d+ sharedlock\.v1/);
  });

  it('tells nothing where nobody reads it', async () => {
    const { process, ended } = start();
    process.signal('SIGTERM');
    await ended;
    expect(process.said).to.equal('');
  });

  it('ends at once on a second signal', async () => {
    const { process, ended } = start();
    process.signal('SIGTERM');
    expect(() => {
      process.signal('SIGINT');
    }).to.throw('exit 130');
    await ended;
    expect(process.exits[0]).to.equal(130);
  });

  it('stops in order even if the signal came while it started', async () => {
    const { process, ended } = start();
    process.signal('SIGTERM');
    expect(await ended).to.equal(0);
    expect(process.exits).to.deep.equal([0]);
  });

  it('stops once, however often a terminal hangs up', async () => {
    const { process, ended } = start();
    process.signal('SIGHUP');
    process.signal('SIGHUP');
    expect(await ended).to.equal(0);
    expect(process.exits).to.deep.equal([0]);
  });

  it('goes on after a signal to read its files again, while it starts too', async () => {
    const { process, ended } = start(config, true);
    process.reload();
    await until('it is ready', () => process.said !== '');
    process.reload();
    process.signal('SIGTERM');
    expect(await ended).to.equal(0);
  });

  it('ends with 70 on an error that nobody caught', async () => {
    const { process, ended } = start();
    expect(() => {
      process.defect(new Error('oh'));
    }).to.throw('exit 70');
    expect(process.said).to.equal('shared-lock: ends because of a defect: oh\n');
    process.signal('SIGTERM');
    await ended;
  });

  it('stops again what had been started when a later part can not start', async () => {
    const bad = { ...config, server: { ...config.server, host: '192.0.2.1' } };
    const { process, ended } = start(bad);
    expect(await ended).to.equal(78);
    expect(process.said).to.match(/^shared-lock: 192\.0\.2\.1 is no address[^\n]+\n$/);
  });
});
