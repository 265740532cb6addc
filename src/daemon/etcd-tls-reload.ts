import type { EtcdTls } from '../config/config.js';
import type { Logger } from '../telemetry/logger.js';
import { readEtcdTls } from './pem.js';
import type { EtcdTlsMaterial } from './pem.js';
import { messageOf } from './start-error.js';

/** @returns what reads the certificates for etcd again, and gives them to the store if they have changed. Never rejects. */
export function etcdTlsReload(
  paths: EtcdTls,
  current: EtcdTlsMaterial,
  store: { rotateTls(material: EtcdTlsMaterial): void },
  logger: Logger,
): () => Promise<void> {
  let used = current;
  /** As it was told: while a certificate and its key are written, one after the other, they may not fit. */
  let told: string | undefined;
  return async () => {
    try {
      const found = await readEtcdTls(paths);
      told = undefined;
      if (isSame(found, used)) return;
      store.rotateTls(found);
      used = found;
      logger.info('the certificates for etcd were read again');
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble === told) return;
      told = trouble;
      logger.warn('the new certificates for etcd can not be used; the old ones stay', { trouble });
    }
  };
}

function isSame(a: EtcdTlsMaterial, b: EtcdTlsMaterial): boolean {
  return (['ca', 'cert', 'key'] as const).every((name) => {
    const [one, other] = [a[name], b[name]];
    return one === undefined || other === undefined ? one === other : one.equals(other);
  });
}
