import { constants } from 'node:http2';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { isFault } from '../../core/errors.js';

type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  ...rest: unknown[]
) => void;

/**
 * Hands on the calls of a server when it is their turn: one connection may bring a thousand in one turn of the loop, and for each of them
 * grpc-js does much at once. Those who leave before cost nothing more.
 * @param turnOf resolves when it is the turn of a call; undefined: now. Throws a fault if there is no room for it; then it is reset, which
 * callers know as RESOURCE_EXHAUSTED.
 */
export function paceCalls(
  server: Http2Server,
  turnOf: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => Promise<void> | undefined,
): void {
  const listeners = server.listeners('stream') as StreamListener[];
  server.removeAllListeners('stream');
  server.on('stream', (stream: ServerHttp2Stream, headers, ...rest: unknown[]) => {
    const handOn = (): void => {
      if (stream.destroyed) return;
      for (const listener of listeners) listener.call(server, stream, headers, ...rest);
    };
    // Nobody else listens yet, and a stream without a listener would end the process.
    stream.on('error', () => undefined);
    let turn: Promise<void> | undefined;
    try {
      turn = turnOf(stream, headers);
    } catch (error) {
      if (!isFault(error)) throw error;
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    if (turn === undefined) handOn();
    else void turn.then(handOn);
  });
}
