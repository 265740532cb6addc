import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsMaterial } from '../handlers/wire.js';

/** TLS for a grpc-js server whose certificates can be exchanged while it runs. */
export class ReloadableCredentials extends ServerCredentials {
  readonly #requiresClient: boolean;

  /** @param limits how long a handshake may take. @throws Error if the PEM texts are not valid. */
  constructor(material: TlsMaterial, limits: { readonly readTimeoutMs: number }) {
    const requiresClient = material.clientCa !== undefined;
    const options = {
      requestCert: requiresClient,
      rejectUnauthorized: requiresClient && material.isClientOptional !== true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.readTimeoutMs,
    } as const;
    super(options, checked(material));
    this.#requiresClient = requiresClient;
  }

  /** For new connections. @throws Error if the PEM texts are not valid: then nothing changes. */
  reload(material: TlsMaterial): void {
    if (this.#requiresClient !== (material.clientCa !== undefined)) {
      throw new Error('client certificates can be turned on and off only by a restart');
    }
    this.updateSecureContextOptions(checked(material));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

interface ContextOptions {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
}

/** grpc-js drops every connection after it was given a context that it can't use: try it before. */
function checked({ certificate, key, clientCa }: TlsMaterial): ContextOptions {
  const options = { cert: certificate, key, ...(clientCa === undefined ? {} : { ca: clientCa }) };
  createSecureContext(options);
  return options;
}
