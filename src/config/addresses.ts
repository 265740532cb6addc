import type { Format } from './format.js';
import { splitList } from './list.js';

/** One member of an etcd cluster, as it was given. */
export interface Address {
  /** Undefined: the list does not say. */
  readonly scheme: 'http' | 'https' | undefined;
  /** `host:port`; an IPv6 host is in brackets. */
  readonly authority: string;
}

const MAX_ADDRESSES = 64;

/** Comma-separated addresses, or in a file an array of them. */
export const addressList: Format<readonly Address[]> = {
  hint:
    'comma-separated addresses such as http://10.0.0.1:2379,http://10.0.0.2:2379, ' +
    'all http, all https, or all without a scheme; user names go into SHARED_LOCK_ETCD_USERNAME',
  read: (input) => {
    const parts = splitList(input);
    if (parts === undefined || parts.length === 0 || parts.length > MAX_ADDRESSES) return undefined;
    const addresses = parts.map(readAddress);
    const schemes = new Set(addresses.map((address) => address?.scheme));
    return addresses.every((address) => address !== undefined) && schemes.size === 1
      ? addresses
      : undefined;
  },
  show: (addresses) =>
    addresses
      .map(({ scheme, authority }) => (scheme ? `${scheme}://${authority}` : authority))
      .join(','),
};

function readAddress(address: string): Address | undefined {
  const found = /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})\/?$/.exec(
    address,
  );
  if (found === null) return undefined;
  const [, scheme, host = '', port = ''] = found;
  if (Number(port) < 1 || Number(port) > 65_535) return undefined;
  return {
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    authority: `${host}:${port}`,
  };
}
