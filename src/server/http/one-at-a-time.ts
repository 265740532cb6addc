import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait behind the one under way. */
const MAX_WAITING = 16;

/**
 * The body of a request that waits has to be within what Node keeps of it: beyond that it stops reading the connection, and would not see
 * that the caller of the one under way has left.
 */
const MAX_WAITING_BODY_BYTES = 16 * 1024;

type Waiting = readonly [IncomingMessage, ServerResponse];

/** The requests of one connection. */
interface Line {
  isBusy: boolean;
  readonly waiting: Waiting[];
  readonly next: () => void;
}

/**
 * Has one request of a connection under way at a time: Node hands on all that a caller writes behind each other, thousands in one
 * piece. Calls `flooded` once, instead of `listener`, when more wait than may.
 */
export function oneAtATime(
  listener: RequestListener,
  flooded: (socket: Socket) => void,
): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  const begin = (line: Line, request: IncomingMessage, response: ServerResponse): void => {
    line.isBusy = true;
    response.on('close', line.next);
    listener(request, response);
  };
  const lineOf = (socket: Socket): Line => {
    const found = lines.get(socket);
    if (found !== undefined) return found;
    const line: Line = {
      isBusy: false,
      waiting: [],
      next: () => {
        line.isBusy = false;
        const next = line.waiting.shift();
        // A connection that has ended takes with it what waits.
        if (next !== undefined && !socket.destroyed) begin(line, ...next);
      },
    };
    lines.set(socket, line);
    return line;
  };
  return (request, response) => {
    const { socket } = request;
    // Of what was read together, the rest comes all the same.
    if (socket.destroyed) return;
    const line = lineOf(socket);
    if (!line.isBusy) {
      begin(line, request, response);
    } else if (line.waiting.length < MAX_WAITING && hasSmallBody(request)) {
      line.waiting.push([request, response]);
    } else {
      line.waiting.length = 0;
      flooded(socket);
    }
  };
}

function hasSmallBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return false;
  return Number(headers['content-length'] ?? 0) < MAX_WAITING_BODY_BYTES;
}
