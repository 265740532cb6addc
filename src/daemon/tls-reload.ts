import type { Clock, Timer } from '../clock/clock.js';
import type { ServerTls } from '../config/config.js';
import type { TlsMaterial, WireServer } from '../server/handlers/wire.js';
import type { Logger } from '../telemetry/logger.js';
import { readServerTls } from './pem.js';

/** Looking is cheap, and finds also what changes by a symbolic link, as Kubernetes does it. */
const INTERVAL_MS = 10_000;

/** Gives the servers their certificate anew when its files change. */
export class TlsReload {
  readonly #paths: ServerTls;
  readonly #servers: readonly Pick<WireServer, 'reloadTls'>[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  #current: TlsMaterial;
  #timer: Timer;
  #isStopped = false;

  constructor(
    paths: ServerTls,
    current: TlsMaterial,
    servers: readonly Pick<WireServer, 'reloadTls'>[],
    parts: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#paths = paths;
    this.#current = current;
    this.#servers = servers;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#timer = this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#clock.timer(INTERVAL_MS, () => {
      void this.#look().finally(() => {
        if (!this.#isStopped) this.#timer = this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    try {
      const found = await readServerTls(this.#paths);
      if (isSame(found, this.#current)) return;
      for (const server of this.#servers) server.reloadTls(found);
      this.#current = found;
      this.#logger.info('the certificate was read again', { path: this.#paths.certPath });
    } catch (error) {
      // Certificate and key may have been caught between two writes: the next look finds both.
      this.#logger.warn('the new certificate can not be used; the old one stays', { err: error });
    }
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.certificate.equals(b.certificate) &&
    a.key.equals(b.key) &&
    (a.clientCa === undefined
      ? b.clientCa === undefined
      : b.clientCa !== undefined && a.clientCa.equals(b.clientCa))
  );
}
