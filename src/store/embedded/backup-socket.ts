import { chmodSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { isFault } from '../../core/errors.js';
import { ERROR_WORD } from './backup-lines.js';
import type { RowDatabase } from './database.js';
import { HotCopy } from './hot-copy.js';
import { withShortPath } from './short-path.js';
import { sinkOf } from './sink.js';

const SOCKET = 'backup.sock';

/** So many copies at a time: each reads all that there is. */
const MAX_COPIES = 1;

/** Whoever takes nothing for so long is gone, or stopped. */
const SILENCE_MS = 30_000;

/**
 * Gives a backup to whoever connects to a socket in the data folder: who may is who may read that folder, this user and
 * root, since a backup holds lease IDs.
 */
export class BackupSocket {
  readonly #folder: string;
  readonly #database: RowDatabase;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #copies = 0;

  private constructor(folder: string, database: RowDatabase) {
    this.#folder = folder;
    this.#database = database;
    this.#server = createServer((socket) => void this.#serve(socket)).unref();
  }

  /** For who owns the folder: what another process left is replaced. */
  static async open(folder: string, database: RowDatabase): Promise<BackupSocket> {
    const socket = new BackupSocket(folder, database);
    const unfinished = `${SOCKET}.new`;
    rmSync(join(folder, unfinished), { force: true });
    await withShortPath(folder, unfinished, (path) => socket.#listen(path));
    chmodSync(join(folder, unfinished), 0o600);
    renameSync(join(folder, unfinished), join(folder, SOCKET));
    return socket;
  }

  /** Before the database is closed. A backup under way is cut off, and its taker finds that its end is missing. */
  async close(): Promise<void> {
    rmSync(join(this.#folder, SOCKET), { force: true });
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(path, () => {
        this.#server.off('error', reject);
        // Such as too many open files: whoever connects then sees no backup.
        this.#server.on('error', () => undefined);
        resolve();
      });
    });
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // It may have gone already.
    socket.on('error', () => undefined);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    if (this.#copies >= MAX_COPIES) {
      socket.end(`${ERROR_WORD}another backup is under way; try again when it is done\n`);
      return;
    }
    this.#copies += 1;
    try {
      await new HotCopy(this.#database, sinkOf(socket)).run();
      socket.end();
    } catch (error) {
      const reason = isFault(error) ? error.message : 'the daemon could not go on with it';
      socket.end(`${ERROR_WORD}${reason}\n`);
    } finally {
      this.#copies -= 1;
    }
  }
}

/** Connects to the process that owns the folder. @returns undefined if there is none, or it gives no backups. */
export function connectForBackup(folder: string): Promise<Socket | undefined> {
  return withShortPath(folder, SOCKET, (path) => {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.setTimeout(SILENCE_MS, () => {
        socket.destroy(
          new Error(`the daemon gave nothing for ${SILENCE_MS / 1000} s: does it stand still?`),
        );
      });
      socket.once('connect', () => resolve(socket));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
        else reject(error);
      });
    });
  });
}
