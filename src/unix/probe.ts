import { connect } from 'node:net';

/**
 * Whether a process listens on a Unix socket. Only a refused connection, or no file, shows that nobody does; a
 * full backlog is somebody who does.
 */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
