import type { Config } from '../config/config.js';
import { EXIT, type ExitCode } from '../core/exit-codes.js';
import { datesTrouble } from './certificate-dates.js';
import { parseAccess, readAccessTexts } from './access-files.js';
import { readPolicy } from '../access/read-policy.js';
import { readEtcdTls, readServerTls, sourceOf } from './pem.js';
import { StartError } from './start-error.js';

export interface FileProblem {
  readonly exitCode: ExitCode;
  /** One line. */
  readonly message: string;
}

/** What is wrong with the files that the configuration names, as far as it can be seen without starting. */
export async function checkFiles(config: Config, wallMs: number): Promise<FileProblem[]> {
  const checks: (() => Promise<string | undefined>)[] = [];
  const { auth, tls, storage } = config;
  if (tls !== undefined) {
    checks.push(async () => {
      const { certificate } = await readServerTls(tls);
      return datesTrouble(certificate, sourceOf('SHARED_LOCK_TLS_CERT_PATH', tls.certPath), wallMs);
    });
  }
  if (auth !== undefined) {
    checks.push(async () => {
      await parseAccess(auth, await readAccessTexts(auth), readPolicy);
      return undefined;
    });
  }
  if (storage.type === 'etcd' && storage.etcd.tls !== undefined) {
    const etcdTls = storage.etcd.tls;
    checks.push(async () => {
      const { cert } = await readEtcdTls(etcdTls);
      if (cert === undefined) return undefined;
      const source = sourceOf('SHARED_LOCK_CLIENT_CERT_PATH', etcdTls.client?.certPath ?? '');
      return datesTrouble(cert, source, wallMs);
    });
  }
  const problems = await Promise.all(checks.map(problemOf));
  return problems.filter((problem) => problem !== undefined);
}

async function problemOf(
  check: () => Promise<string | undefined>,
): Promise<FileProblem | undefined> {
  try {
    const message = await check();
    return message === undefined ? undefined : { exitCode: EXIT.config, message };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { exitCode: error.exitCode, message: error.message };
  }
}
