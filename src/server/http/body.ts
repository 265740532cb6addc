import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { bodyTooLarge } from './http-fault.js';

/** What is too large is read on so far, and thrown away, so that the caller gets to read the answer. */
const DISCARD_FACTOR = 8;

export const NO_BODY = Buffer.alloc(0);

/** Of a GET or HEAD it means nothing (RFC 9110, 9.3.1): Node throws it away once it is answered. */
export function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Reads a body of at most `maxBytes`.
 * @param refusal is told of each part, and says why there is no room for it.
 * @throws HttpFault 413 for a larger one; what `refusal` says.
 */
export function readBody(
  payload: Readable,
  maxBytes: number,
  refusal: (bytes: number) => Error | undefined,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    let refused: Error | undefined;
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes || refused !== undefined) {
        chunks = [];
      } else {
        chunks.push(chunk);
        refused = refusal(chunk.length);
      }
      if (bytes > maxBytes * DISCARD_FACTOR) {
        payload.pause();
        reject(bodyTooLarge(maxBytes));
      }
    });
    payload.on('end', () => {
      if (bytes > maxBytes) reject(bodyTooLarge(maxBytes));
      else if (refused !== undefined) reject(refused);
      else resolve(Buffer.concat(chunks, bytes));
    });
    payload.on('error', reject);
    payload.resume();
  });
}

/** Whether a body that announces its length is not worth reading at all. */
export function isHopeless(contentLength: string | undefined, maxBytes: number): boolean {
  return Number(contentLength ?? 0) > maxBytes * DISCARD_FACTOR;
}
