import { isIP } from 'node:net';
import type { ChannelCredentials } from '@grpc/grpc-js';

/** What grpc-js keeps of a connection to come: not in its types, but in every release since 1.13. */
interface WithOptions {
  readonly connectionOptions?: { servername?: string };
}

/**
 * Credentials that name no server where its name would be an IP address: RFC 6066 (section 3) allows none there, and
 * Node warns of it on standard error (DEP0123). The certificate is checked against the address all the same.
 */
export function withoutAddressAsServerName(credentials: ChannelCredentials): ChannelCredentials {
  const create = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...args) => {
    const connector = create(...args);
    const { connectionOptions } = connector as WithOptions;
    if (connectionOptions !== undefined && isIP(connectionOptions.servername ?? '') !== 0) {
      connectionOptions.servername = '';
    }
    return connector;
  };
  return credentials;
}
