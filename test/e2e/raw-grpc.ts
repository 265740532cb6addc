import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { loadDescriptors } from '../../src/protocol/descriptors.js';

const LIMIT_MS = 15_000;
const descriptors = loadDescriptors();

/** What came back for one call. */
export interface RawStatus {
  /** grpc-status; undefined if the stream was reset or closed without one. */
  readonly code: number | undefined;
  readonly message: string;
  readonly httpStatus: number;
  readonly data: Buffer;
}

export function openSession(port: number): ClientHttp2Session {
  // As much as a caller wants to send: Node's own limit resets streams, as a server's may.
  const session = connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1000 });
  // A session that the server ends is looked at by its streams.
  session.on('error', () => undefined);
  return session;
}

export function openCall(
  session: ClientHttp2Session,
  path: string,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  // As above: a reset is an answer.
  stream.on('error', () => undefined);
  return stream;
}

/** Waits for the end of a call. */
export function statusOf(stream: ClientHttp2Stream): Promise<RawStatus> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let code: number | undefined;
    let message = '';
    let httpStatus = 0;
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers[':status'] !== undefined) httpStatus = Number(headers[':status']);
      if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']);
      const said = headers['grpc-message'];
      if (typeof said === 'string') message = said;
      if (code !== undefined) finish();
    };
    const timer = setTimeout(() => reject(new Error('the call did not end')), LIMIT_MS);
    const finish = (): void => {
      clearTimeout(timer);
      resolve({
        code,
        message: decodeURIComponent(message),
        httpStatus,
        data: Buffer.concat(chunks),
      });
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('close', finish);
  });
}

/** A message with gRPC's five bytes before it. */
export function frame(message: Buffer, isCompressed = false, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export function encode(name: string, message: object): Buffer {
  return descriptors.codec(`sharedlock.v1.${name}`).serialize(message);
}

/** One call on a session of its own, with these bytes as its body. */
export async function call(
  port: number,
  path: string,
  body: Buffer,
  headers: OutgoingHttpHeaders = {},
): Promise<RawStatus> {
  const session = openSession(port);
  try {
    const stream = openCall(session, path, headers);
    const status = statusOf(stream);
    stream.end(body);
    return await status;
  } finally {
    session.destroy();
  }
}
