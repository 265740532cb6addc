import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate authority, and one certificate of it for 127.0.0.1 and localhost, in `folder`. Takes openssl. */
export async function makeCertificates(folder: string, name = 'server'): Promise<CertificateFiles> {
  const path = (file: string): string => join(folder, `${name}-${file}`);
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name} test authority`],
    ...['-keyout', path('ca.key'), '-out', path('ca.crt')],
  ]);
  await run('openssl', [
    ...['req', ...NEW_KEY, '-subj', `/CN=${name}`],
    ...['-keyout', path('key.pem'), '-out', path('request.pem')],
  ]);
  await writeFile(
    path('extensions'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
  );
  await run('openssl', [
    ...['x509', '-req', '-in', path('request.pem'), '-days', '2', '-CAcreateserial'],
    ...['-CA', path('ca.crt'), '-CAkey', path('ca.key')],
    ...['-extfile', path('extensions'), '-out', path('cert.pem')],
  ]);
  return { ca: path('ca.crt'), cert: path('cert.pem'), key: path('key.pem') };
}

/** Makes a certificate for localhost that nobody but itself has signed, in `folder`. Takes openssl. */
export async function makeSelfSigned(
  folder: string,
): Promise<Pick<CertificateFiles, 'cert' | 'key'>> {
  const files = { cert: join(folder, 'localhost.crt'), key: join(folder, 'localhost.key') };
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', files.key, '-out', files.cert],
  ]);
  return files;
}

export async function readCertificates(
  files: CertificateFiles,
): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
  const [ca, cert, key] = await Promise.all([
    readFile(files.ca),
    readFile(files.cert),
    readFile(files.key),
  ]);
  return { ca, cert, key };
}

/** As a server takes them. */
export async function readPair({
  cert,
  key,
}: Pick<CertificateFiles, 'cert' | 'key'>): Promise<{ certificate: Buffer; key: Buffer }> {
  return { certificate: await readFile(cert), key: await readFile(key) };
}
