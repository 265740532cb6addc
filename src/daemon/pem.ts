import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { EtcdTls, ServerTls } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import type { TlsMaterial } from '../server/handlers/wire.js';
import { messageOf, StartError, systemCode } from './start-error.js';

/**
 * Reads the certificate, key and authorities of the servers.
 * @throws StartError that names the file, or what is wrong with them together.
 */
export async function readServerTls(paths: ServerTls): Promise<TlsMaterial> {
  const material = {
    certificate: await readPem(paths.certPath, 'SHARED_LOCK_TLS_CERT_PATH'),
    key: await readPem(paths.keyPath, 'SHARED_LOCK_TLS_KEY_PATH'),
    ...(paths.clientCaPath === undefined
      ? undefined
      : { clientCa: await readPem(paths.clientCaPath, 'SHARED_LOCK_TLS_CLIENT_CA_PATH') }),
  };
  check(
    { cert: material.certificate, key: material.key, ca: material.clientCa },
    'SHARED_LOCK_TLS_*',
  );
  return material;
}

export interface EtcdTlsMaterial {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** Reads the authorities, and the daemon's certificate and key, for etcd. @throws StartError as above. */
export async function readEtcdTls({ caPath, client }: EtcdTls): Promise<EtcdTlsMaterial> {
  const optional = (path: string | undefined, setting: string): Promise<Buffer | undefined> =>
    path === undefined ? Promise.resolve(undefined) : readPem(path, setting);
  const material = {
    ca: await optional(caPath, 'SHARED_LOCK_CA_CERT_PATH'),
    cert: await optional(client?.certPath, 'SHARED_LOCK_CLIENT_CERT_PATH'),
    key: await optional(client?.keyPath, 'SHARED_LOCK_CLIENT_KEY_PATH'),
  };
  check(
    material,
    'SHARED_LOCK_CA_CERT_PATH, SHARED_LOCK_CLIENT_CERT_PATH, SHARED_LOCK_CLIENT_KEY_PATH',
  );
  return material;
}

async function readPem(path: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    throw new StartError(
      isForbidden ? EXIT.noPerm : EXIT.config,
      `${setting}=${path} can't be read (${code ?? messageOf(error)}): ` +
        (isForbidden ? 'let this user read it' : 'give the path of a PEM file'),
      error,
    );
  }
}

function check(
  { cert, key, ca }: Readonly<Partial<Record<'cert' | 'key' | 'ca', Buffer | undefined>>>,
  settings: string,
): void {
  try {
    createSecureContext({
      ...(cert && { cert }),
      ...(key && { key }),
      ...(ca && { ca }),
    });
  } catch (error) {
    throw new StartError(
      EXIT.config,
      `a certificate can't be used (${messageOf(error)}): check the PEM files of ${settings}, ` +
        'and that the key belongs to the certificate',
      error,
    );
  }
}
