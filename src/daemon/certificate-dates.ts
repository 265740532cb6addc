import { X509Certificate } from 'node:crypto';

/** Until when a certificate (the first of a chain) counts, as it says itself. */
export function validUntil(pem: Buffer): string {
  return new X509Certificate(pem).validTo;
}

/** What is wrong with its dates at `wallMs`; undefined: nothing. `source` says where it is from. */
export function datesTrouble(pem: Buffer, source: string, wallMs: number): string | undefined {
  const { validFrom, validTo } = new X509Certificate(pem);
  if (timeOf(validTo) < wallMs) {
    return `${source} has expired: it was valid until ${validTo}; renew it`;
  }
  if (timeOf(validFrom) > wallMs) {
    return `${source} is not valid before ${validFrom}: look at the clock of this machine`;
  }
  return undefined;
}

function timeOf(text: string): number {
  // eslint-disable-next-line no-restricted-globals -- it reads a text, and no clock
  return Date.parse(text);
}
