import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Presented } from '../../core/access/presented.js';

/** What a request brings to say who sends it. */
export function presentedIn({ rawHeaders, socket }: IncomingMessage, isUnix: boolean): Presented {
  return {
    // All of them: Node keeps the first one, and a proxy before us may have looked at another.
    authorization: rawHeaders.filter(
      (_, index) => index % 2 === 1 && /^authorization$/i.test(rawHeaders[index - 1] ?? ''),
    ),
    certificate: certificateOf(socket),
    isUnix,
  };
}

function certificateOf(socket: IncomingMessage['socket']): Presented['certificate'] {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  if (!socket.authorized) return 'untrusted';
  return { subjectAltName: certificate.subjectAltName, validTo: certificate.validTo };
}
