import type { Clock } from '../clock/clock.js';
import type { ServerTls } from '../config/config.js';
import type { TlsMaterial, WireServer } from '../server/handlers/wire.js';
import type { Logger } from '../telemetry/logger.js';
import { validUntil } from './certificate-dates.js';
import { lookAgain } from './look-again.js';
import { readServerTls } from './pem.js';
import { messageOf } from './start-error.js';

/** Gives the servers their certificate anew when its files change. */
export class TlsReload {
  readonly #paths: ServerTls;
  readonly #servers: readonly Pick<WireServer, 'reloadTls'>[];
  readonly #logger: Logger;
  #current: TlsMaterial;
  readonly #stopLooking: () => void;
  /** What is wrong with what the files hold now, as it was logged. */
  #trouble: string | undefined;
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
    this.#logger = parts.logger;
    this.#stopLooking = lookAgain(parts.clock, () => this.look());
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopLooking();
  }

  /** Once, and again when it is another trouble: a certificate and a key are not written at the same moment. */
  #complain(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#logger.warn('the new certificate can not be used; the old one stays', { trouble });
  }

  /** Now. Never rejects. */
  async look(): Promise<void> {
    try {
      const found = await readServerTls(this.#paths);
      if (this.#isStopped) return;
      if (isSame(found, this.#current)) {
        if (this.#trouble !== undefined) this.#logger.info('the certificate is as it was again');
        this.#trouble = undefined;
        return;
      }
      for (const server of this.#servers) server.reloadTls(found);
      this.#current = found;
      this.#trouble = undefined;
      this.#logger.info('the certificate was read again', {
        path: this.#paths.certPath,
        validUntil: validUntil(found.certificate),
      });
    } catch (error) {
      if (!this.#isStopped) this.#complain(messageOf(error));
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
