import { createServer } from 'node:http';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import type { TlsMaterial } from '../handlers/wire.js';
import { answerPlainHttp } from './plain-on-tls.js';

export interface ConnectionLimits {
  /** Names and values of all headers, and the first line. */
  readonly headerBytes: number;
  /** How long a request may take to arrive, its body included, and before it a TLS handshake. */
  readonly readTimeoutMs: number;
  /** How long a connection without requests stays open. */
  readonly idleTimeoutMs: number;
}

/** How often Node looks for requests that take too long to arrive. */
const CHECK_INTERVAL_MS = 500;

/** Node's HTTP server, with or without TLS. Nothing in it cuts an answer that takes long. */
export function createNodeServer(
  listener: RequestListener,
  limits: ConnectionLimits,
  tls: TlsMaterial | undefined,
): Server | TlsServer {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.readTimeoutMs,
    requestTimeout: limits.readTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // checks.ts refuses it, with a body that says so.
    requireHostHeader: false,
    insecureHTTPParser: false,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer(
          { ...options, ...tlsOptions(tls), handshakeTimeout: limits.readTimeoutMs },
          listener,
        );
  if (server instanceof TlsServer) answerPlainHttp(server);
  // Node would drop what is beyond it, and tell nobody; checks.ts refuses instead.
  server.maxHeadersCount = 0;
  return server;
}

/** For new connections. @throws Error if the PEM texts are not valid: then nothing changes. */
export function reloadTls(server: Server | TlsServer, material: TlsMaterial): void {
  if (!(server instanceof TlsServer)) throw new Error('TLS can be turned on only by a restart');
  createSecureContext(contextOptions(material));
  server.setSecureContext(contextOptions(material));
}

function tlsOptions(material: TlsMaterial): SecureContextOptions & {
  requestCert: boolean;
  rejectUnauthorized: boolean;
} {
  const requestCert = material.clientCa !== undefined;
  const rejectUnauthorized = requestCert && material.isClientOptional !== true;
  return { ...contextOptions(material), requestCert, rejectUnauthorized };
}

function contextOptions({ certificate, key, clientCa }: TlsMaterial): SecureContextOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}
