import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { EtcdTls, ServerTls } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import type { TlsMaterial } from '../server/handlers/wire.js';
import { messageOf, oneLine, StartError, systemCode } from './start-error.js';

/** What names a file in messages: its variable and its path. */
export function sourceOf(setting: string, path: string): string {
  return `${setting}=${path}`;
}

/**
 * Reads the certificate, key and authorities of the servers.
 * @throws StartError that names the file, or what is wrong with them together.
 */
export async function readServerTls(paths: ServerTls): Promise<TlsMaterial> {
  const cert = await readPem('SHARED_LOCK_TLS_CERT_PATH', paths.certPath);
  const key = await readPem('SHARED_LOCK_TLS_KEY_PATH', paths.keyPath);
  const clientCa =
    paths.clientCaPath === undefined
      ? undefined
      : await readPem('SHARED_LOCK_TLS_CLIENT_CA_PATH', paths.clientCaPath);
  check({ cert, key, ca: clientCa });
  return {
    certificate: cert.bytes,
    key: key.bytes,
    ...(clientCa === undefined ? undefined : { clientCa: clientCa.bytes }),
    isClientOptional: paths.isClientOptional,
  };
}

export interface EtcdTlsMaterial {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** Reads the authorities, and the daemon's certificate and key, for etcd. @throws StartError as above. */
export async function readEtcdTls({ caPath, client }: EtcdTls): Promise<EtcdTlsMaterial> {
  const optional = (setting: string, path: string | undefined): Promise<Pem | undefined> =>
    path === undefined ? Promise.resolve(undefined) : readPem(setting, path);
  const ca = await optional('SHARED_LOCK_CA_CERT_PATH', caPath);
  const cert = await optional('SHARED_LOCK_CLIENT_CERT_PATH', client?.certPath);
  const key = await optional('SHARED_LOCK_CLIENT_KEY_PATH', client?.keyPath);
  check({ ca, cert, key });
  return { ca: ca?.bytes, cert: cert?.bytes, key: key?.bytes };
}

/** A file, and what names it in messages. */
interface Pem {
  readonly bytes: Buffer;
  readonly source: string;
}

async function readPem(setting: string, path: string): Promise<Pem> {
  const source = sourceOf(setting, path);
  try {
    return { bytes: await readFile(path), source };
  } catch (error) {
    const code = systemCode(error);
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    throw new StartError(
      isForbidden ? EXIT.noPerm : EXIT.config,
      `${source} can't be read (${code ?? messageOf(error)}): ` +
        (isForbidden ? 'let this user read it' : 'give the path of a PEM file'),
      error,
    );
  }
}

interface Pems {
  readonly cert?: Pem | undefined;
  readonly key?: Pem | undefined;
  readonly ca?: Pem | undefined;
}

function check({ cert, key, ca }: Pems): void {
  const certificate = cert && parsed(cert, 'certificate', (pem) => new X509Certificate(pem));
  const privateKey = key && parsed(key, 'private key without a password', createPrivateKey);
  if (ca !== undefined) parsed(ca, 'certificate', (pem) => new X509Certificate(pem));
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    const which = `${key.source} is not the key that belongs to the certificate`;
    throw new StartError(EXIT.config, `${which} ${cert.source}`);
  }
  try {
    createSecureContext({
      ...(cert && { cert: cert.bytes }),
      ...(key && { key: key.bytes }),
      ...(ca && { ca: ca.bytes }),
    });
  } catch (error) {
    const sources = [cert, key, ca].flatMap((pem) => pem?.source ?? []).join(', ');
    throw unusable(sources, messageOf(error), error);
  }
}

function parsed<T>({ bytes, source }: Pem, what: string, parse: (pem: Buffer) => T): T {
  try {
    return parse(bytes);
  } catch (error) {
    throw unusable(source, `it holds no ${what} in PEM`, error);
  }
}

function unusable(source: string, why: string, cause: unknown): StartError {
  return new StartError(EXIT.config, `${source} can't be used: ${oneLine(why)}`, cause);
}
