import type { Server } from 'node:net';

/**
 * So many connections the system keeps for us until we take them, or fewer if `net.core.somaxconn` says so. Node.js asks for 511, which those
 * who come and go at once fill while one turn of the loop lasts; then whoever else comes tries again a second later.
 */
export const BACKLOG = 4096;

/** For a server that a library has had listen, if it does. @throws TypeError if Node.js keeps what it listens with elsewhere. */
export function widenBacklog(server: Server): void {
  if (!server.listening) return;
  const handle: unknown = Reflect.get(server, '_handle');
  if (!isListening(handle)) throw new TypeError('Node.js keeps its listening socket elsewhere');
  // To listen once more changes only that.
  handle.listen(BACKLOG);
}

function isListening(handle: unknown): handle is { listen(backlog: number): number } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'listen' in handle &&
    typeof handle.listen === 'function'
  );
}
