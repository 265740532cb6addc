import type { Socket } from 'node:net';
import type { Descriptors } from '../../protocol/descriptors.js';
import { statusJson, statusOf } from '../../protocol/status.js';
import type { HttpFault } from './http-fault.js';
import { headersTooLarge, malformed, tooSlow, urlTooLong } from './http-fault.js';

/** What Node's HTTP parser says of bytes that are no request. */
export interface ParserError extends Error {
  readonly code?: string | undefined;
  /** A Buffer: the last bytes that it read, not always the first of the request. */
  readonly rawPacket?: unknown;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
};

/** What the one who sent it is told. Undefined: nobody is there to be told. */
export function parserFault(error: ParserError, maxUrlBytes: number): HttpFault | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow();
    case 'HPE_HEADER_OVERFLOW':
      return isUrlTooLong(error.rawPacket) ? urlTooLong(maxUrlBytes) : headersTooLarge();
    default:
      return malformed('this is no valid HTTP/1.1 request');
  }
}

/** The parser counts the first line among the headers: an unfinished one is a URL without an end. */
function isUrlTooLong(rawPacket: unknown): boolean {
  if (!Buffer.isBuffer(rawPacket)) return false;
  const firstLine = rawPacket.toString('latin1').split('\r\n', 1)[0] ?? '';
  return /^[A-Z]{3,10} \S{1000,}/.test(firstLine);
}

/** Answers on the bare socket, since there is no request to answer to, and closes it. @returns bytes of the body. */
export function answerParserFault(
  socket: Socket,
  descriptors: Descriptors,
  fault: HttpFault,
): number {
  const status = statusOf(fault, () => '');
  const body = `${statusJson(descriptors, status)}\n`;
  const bytes = Buffer.byteLength(body);
  socket.end(
    [
      `HTTP/1.1 ${fault.httpStatus} ${REASONS[fault.httpStatus] ?? 'Error'}`,
      'connection: close',
      'content-type: application/json',
      `content-length: ${bytes}`,
      '',
      body,
    ].join('\r\n'),
    // What else it sends is not read: it may be without an end.
    () => socket.destroy(),
  );
  return bytes;
}
