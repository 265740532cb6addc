import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../core/errors.js';
import { answers } from '../../unix/probe.js';

/**
 * Ownership of a folder is a Unix socket in it on which the owner listens. The kernel closes it with the
 * process, however that ends: then the file is still there but refuses connections, and may be replaced.
 */
const SOCKET = 'owner.sock';
const CANDIDATE = /^owner-[0-9a-f]+\.sock$/;

/** `sun_path` has 108 bytes on Linux, 104 elsewhere, with a zero at the end. */
const MAX_PATH_BYTES = 103;

/** How often others may win the race for a stale socket and go away again before we give up. */
const MAX_ATTEMPTS = 10;

export interface Ownership {
  release(): Promise<void>;
}

/** What was found in the socket's place. */
type Found = { readonly state: 'live' } | { readonly state: 'free'; readonly identity: string };

/** @throws Fault FAILED_PRECONDITION if a running process owns the folder. */
export async function refuseIfOwned(folder: string): Promise<void> {
  if ((await look(folder)).state === 'live') throw owned(folder);
}

/**
 * Takes the folder.
 *
 * Two processes may find the same stale socket. So each first listens on a socket of its own, and then, while no
 * other process can do the same (`exclusively`), looks whether the stale one is still the very file that it
 * tried, and only then renames its own over it. Who comes second finds another file, and tries again.
 * @param exclusively runs a function while no other process runs one for this folder.
 * @throws Fault FAILED_PRECONDITION if a running process owns it.
 */
export async function takeOwnership(
  folder: string,
  exclusively: (section: () => boolean) => boolean,
): Promise<Ownership> {
  const candidate = `owner-${randomBytes(8).toString('hex')}.sock`;
  const server = await withShortPath(folder, candidate, listen);
  try {
    chmodSync(join(folder, candidate), 0o600);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await look(folder);
      if (found.state === 'live') break;
      const won = exclusively(() => {
        if (identityOf(folder) !== found.identity) return false;
        renameSync(join(folder, candidate), join(folder, SOCKET));
        return true;
      });
      if (won) {
        await sweep(folder);
        return { release: () => release(folder, server) };
      }
    }
    throw owned(folder);
  } catch (error) {
    rmSync(join(folder, candidate), { force: true });
    await close(server);
    throw error;
  }
}

async function release(folder: string, server: Server): Promise<void> {
  // While we listen nobody replaces the file, so it is ours.
  rmSync(join(folder, SOCKET), { force: true });
  await close(server);
}

/** Removes what processes left that died while they tried. One that is still trying will find us. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (CANDIDATE.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** The identity is taken first: a socket that is replaced while we try it is then not taken for the old one. */
async function look(folder: string): Promise<Found> {
  const identity = identityOf(folder);
  const live = await withShortPath(folder, SOCKET, answers);
  return live ? { state: 'live' } : { state: 'free', identity };
}

/** Which file the socket is; empty if there is none. An inode number alone may be used again. */
function identityOf(folder: string): string {
  const stat = statSync(join(folder, SOCKET), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.ctimeNs}`;
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.on('error', reject);
    server.listen(path, () => {
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/**
 * Calls `use` with a path of the file that is short enough for a socket's address: if need be, through a
 * symbolic link to the folder in a new private folder under the system's temporary one.
 */
async function withShortPath<T>(
  folder: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const direct = join(folder, name);
  if (Buffer.byteLength(direct) <= MAX_PATH_BYTES) return use(direct);
  const detour = await mkdtemp(join(tmpdir(), 'shared-lock-'));
  try {
    await symlink(folder, join(detour, 'f'));
    return await use(join(detour, 'f', name));
  } finally {
    await rm(detour, { recursive: true });
  }
}

function owned(folder: string): Fault {
  return new Fault(
    'FAILED_PRECONDITION',
    `the data folder ${folder} is in use by another running process: stop that, or use another folder`,
    { reason: 'FOLDER_IN_USE' },
  );
}
