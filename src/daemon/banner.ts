import type { Config, StorageConfig } from '../config/config.js';

export interface Listening {
  readonly version: string;
  readonly httpPort: number;
  readonly grpcPort: number;
}

const CA_HINT = `(ca.crt: the authority that signed our certificate, or the certificate itself if nobody else did;\nthe address must be one that it names.)\n`;

const POLICY_HINT =
  '  access   only what the policy allows: -H "authorization: Bearer TOKEN" (docs/access.md)\n';

/** What a person wants to know after the start, on one screen. */
export function banner(config: Config, { version, httpPort, grpcPort }: Listening): string {
  const host = hostForCallers(config.server.host);
  const url = `${config.tls === undefined ? 'http' : 'https'}://${host}:${httpPort}`;
  const isPlain = config.tls === undefined;
  const curl = isPlain ? 'curl' : 'curl --cacert ca.crt';
  const grpcurl = isPlain ? 'grpcurl -plaintext' : 'grpcurl -cacert ca.crt';
  return `
shared-lock ${version}
  HTTP     ${url}
  gRPC     ${host}:${grpcPort}${config.tls === undefined ? '' : ' (TLS)'}
  storage  ${storageLines(config.storage).join('\n           ')}
${config.auth?.mode === 'enforce' ? POLICY_HINT : ''}
Take a lock, look at it, and ask for the same over gRPC:
  ${curl} -H 'content-type: application/json' -d '{"owner":"me","ttl":"60s"}' ${url}/v1/locks/demo:acquire
  ${curl} ${url}/v1/locks/demo
  ${grpcurl} -d '{"name":"demo"}' ${host}:${grpcPort} sharedlock.v1.LockService/GetLock
${isPlain ? '' : CA_HINT}
`;
}

function storageLines(storage: StorageConfig): string[] {
  switch (storage.type) {
    case 'memory':
      return ['memory: everything is forgotten when the daemon ends'];
    case 'embedded':
      return [
        `embedded: this node only, in ${storage.folder}`,
        'for a cluster set SHARED_LOCK_ETCD_ADDR_LIST (--etcd)',
      ];
    case 'etcd':
      return [`etcd: ${storage.etcd.endpoints.join(', ')}`];
  }
}

function hostForCallers(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
