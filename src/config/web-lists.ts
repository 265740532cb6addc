import { isIPv4, isIPv6 } from 'node:net';
import type { Format } from './format.js';
import { splitList } from './list.js';

const MAX_ENTRIES = 100;

/** Host names that the HTTP API answers to. */
export const hostList: Format<readonly string[]> = webList(
  'comma-separated host names without ports, such as locks.example.com, or .example.com for all below; no *',
  (entry) =>
    /^\.?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(entry) ? entry.toLowerCase() : undefined,
);

/** Origins of web pages, as browsers write them: without a path, and without the port that is the scheme's own. */
export const originList: Format<readonly string[]> = webList(
  'comma-separated origins of web pages, such as https://ops.example.com or http://localhost:3000; no *',
  (entry) => {
    if (!/^https?:\/\/[^/?#@*\s]+\/?$/i.test(entry) || !URL.canParse(entry)) return undefined;
    return new URL(entry).origin;
  },
);

/** Addresses, and networks as an address and the length of its prefix. */
export const networkList: Format<readonly string[]> = webList(
  'comma-separated addresses and networks, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8',
  (entry) => {
    const [address = '', bits, ...more] = entry.split('/');
    const maxBits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
    const isRight = bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= maxBits);
    return maxBits > 0 && isRight && more.length === 0 ? entry : undefined;
  },
);

function webList(
  hint: string,
  read: (entry: string) => string | undefined,
): Format<readonly string[]> {
  return {
    hint: `${hint}; at most ${MAX_ENTRIES}`,
    read: (input) => {
      if (input === '') return [];
      const entries = splitList(input);
      if (entries === undefined || entries.length > MAX_ENTRIES) return undefined;
      const accepted = entries.map(read);
      return accepted.every((entry) => entry !== undefined) ? accepted : undefined;
    },
    show: (entries) => entries.join(','),
  };
}
