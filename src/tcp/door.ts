import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

type Listener = (this: EventEmitter, socket: Socket) => void;

/**
 * Asks about each connection of a server before anything is made for it: parsers, sessions, handshakes.
 * @param server whoever listens to its connections later is not asked about.
 * @param letsIn false: nobody hears of the connection. It is to be closed then.
 */
export function guardDoor(server: EventEmitter, letsIn: (socket: Socket) => boolean): void {
  const listeners = server.listeners('connection') as Listener[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!letsIn(socket)) return;
    for (const listener of listeners) listener.call(server, socket);
  });
}
