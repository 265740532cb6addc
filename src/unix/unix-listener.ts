import { chmodSync, chownSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { answers } from './probe.js';

/** `sun_path` has 108 bytes on Linux, with a zero at the end. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Of the private folder, and of the socket while it is there; mkdtemp adds six characters. */
const PRIVATE_FOLDER = '.sl-';
const CANDIDATE = 's';

const OWNER_ONLY = { mode: 0o600, groupId: undefined };

/**
 * Listens on a Unix socket that only some may open, and hands its connections on.
 *
 * The socket is made in a private folder beside its place, and renamed into that once it has its mode: there is
 * no moment in which others could open it, and a stale file is replaced in one step.
 */
export class UnixListener {
  readonly #path: string;
  readonly #identity: string;
  readonly #server: Server;

  private constructor(path: string, identity: string, server: Server) {
    this.#path = path;
    this.#identity = identity;
    this.#server = server;
  }

  /**
   * @param path absolute; at most 107 bytes, and its folder's at most 94.
   * @param access permission bits, and the group that it belongs to (undefined: as the folder has it). Default: this user only.
   * @throws Error with a `code`: EADDRINUSE if a process listens there, EEXIST if something else is there,
   * ENAMETOOLONG, EGROUP if this user may not give it to the group, or what the file system says: ENOENT, EACCES, EROFS.
   */
  static async open(
    path: string,
    serve: (connection: Socket) => void,
    { mode, groupId }: { readonly mode: number; readonly groupId: number | undefined } = OWNER_ONLY,
  ): Promise<UnixListener> {
    const prefix = join(dirname(path), PRIVATE_FOLDER);
    if (isTooLong(path) || isTooLong(`${prefix}123456/${CANDIDATE}`)) throw failure('ENAMETOOLONG');
    await refuseIfTaken(path);
    const folder = mkdtempSync(prefix);
    const server = createServer(serve);
    try {
      const candidate = join(folder, CANDIDATE);
      await listen(server, candidate);
      if (groupId !== undefined) give(candidate, groupId);
      chmodSync(candidate, mode);
      const identity = identityOf(candidate);
      await refuseIfTaken(path);
      renameSync(candidate, path);
      // Another daemon may do the same between our look and our rename, or we between its: one of the two sees it.
      await answers(path);
      if (identityOf(path) !== identity) throw failure('EADDRINUSE');
      return new UnixListener(path, identity, server);
    } catch (error) {
      server.close();
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Removes the file and takes no new connections. Resolves when all connections have ended. */
  close(): Promise<void> {
    // Not that of a process that has taken our place.
    if (identityOf(this.#path) === this.#identity) rmSync(this.#path, { force: true });
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

async function refuseIfTaken(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw failure('EEXIST');
  if (await answers(path)) throw failure('EADDRINUSE');
}

function give(path: string, groupId: number): void {
  try {
    chownSync(path, lstatSync(path).uid, groupId);
  } catch (error) {
    throw Object.assign(failure('EGROUP'), { cause: error });
  }
}

/** Which file it is; empty if there is none. An inode number alone may be used again. */
function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.mtimeNs}`;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, () => resolve());
  });
}

function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
