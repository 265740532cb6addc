import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../core/errors.js';
import { answers } from '../../unix/probe.js';
import { withShortPath } from './short-path.js';

/**
 * Ownership of a folder is a Unix socket in it on which the owner listens. The kernel closes it with the
 * process, however that ends: then the file is still there but refuses connections, and may be replaced.
 */
const SOCKET = 'owner.sock';
const CANDIDATE = /^owner-[0-9a-f]+\.sock$/;

/** What an owner says of itself to who connects, at most, and how long that may take. */
const INTRODUCTION_BYTES = 300;
const INTRODUCTION_MS = 500;

/** How often others may win the race for a stale socket and go away again before we give up. */
const MAX_ATTEMPTS = 10;

export interface Ownership {
  release(): Promise<void>;
}

/** What was found in the socket's place. */
type Found = { readonly state: 'live' } | { readonly state: 'free'; readonly identity: string };

/** @throws Fault FAILED_PRECONDITION if a running process owns the folder. */
export async function refuseIfOwned(folder: string): Promise<void> {
  if ((await look(folder)).state === 'live') throw await owned(folder);
}

/**
 * Takes the folder.
 *
 * Two processes may find the same stale socket. So each first listens on a socket of its own, and then, while no
 * other process can do the same (`exclusively`), looks whether the stale one is still the very file that it
 * tried, and only then renames its own over it. Who comes second finds another file, and tries again.
 * @param pid is shown to others that want the folder.
 * @param exclusively runs a function while no other process runs one for this folder.
 * @throws Fault FAILED_PRECONDITION if a running process owns it.
 */
export async function takeOwnership(
  folder: string,
  pid: number | undefined,
  exclusively: (section: () => boolean) => boolean,
): Promise<Ownership> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const found = await look(folder);
    if (found.state === 'live') break;
    const taken = await tryToTake(folder, pid, found.identity, exclusively);
    if (taken !== undefined) return taken;
  }
  throw await owned(folder);
}

/** Undefined if another process was faster: it replaced the stale socket, or swept ours away as the new owner. */
async function tryToTake(
  folder: string,
  pid: number | undefined,
  stale: string,
  exclusively: (section: () => boolean) => boolean,
): Promise<Ownership | undefined> {
  const candidate = `owner-${randomBytes(8).toString('hex')}.sock`;
  const server = await withShortPath(folder, candidate, (path) => listen(path, pid));
  try {
    const won = exclusively(() => {
      if (identityOf(folder) !== stale || !makePrivate(join(folder, candidate))) return false;
      renameSync(join(folder, candidate), join(folder, SOCKET));
      return true;
    });
    if (won) {
      await sweep(folder);
      return { release: () => release(folder, server) };
    }
  } catch (error) {
    await withdraw();
    throw error;
  }
  await withdraw();
  return undefined;

  async function withdraw(): Promise<void> {
    rmSync(join(folder, candidate), { force: true });
    await close(server);
  }
}

/** False if the file is gone. */
function makePrivate(path: string): boolean {
  try {
    chmodSync(path, 0o600);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
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

/** What the owner says of itself; empty if it says nothing. */
function introduction(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path).setEncoding('utf8');
    let said = '';
    const finish = (): void => {
      socket.destroy();
      resolve(said.slice(0, INTRODUCTION_BYTES));
    };
    socket.on('data', (text: string) => {
      said += text;
      if (said.length > INTRODUCTION_BYTES) finish();
    });
    // One that is paused takes connections, and says nothing.
    socket.setTimeout(INTRODUCTION_MS, finish);
    // It may have gone meanwhile.
    socket.once('end', finish).once('error', finish);
  });
}

function listen(path: string, pid: number | undefined): Promise<Server> {
  const text = pid === undefined ? '' : `${pid} ${hostname()}`.slice(0, INTRODUCTION_BYTES);
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      // It may have gone already.
      socket.once('error', () => socket.destroy());
      socket.end(text, () => socket.destroy());
    });
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

async function owned(folder: string): Promise<Fault> {
  const owner = await withShortPath(folder, SOCKET, introduction);
  return new Fault(
    'FAILED_PRECONDITION',
    `the data folder ${folder} is in use by another running process${named(owner)}: ` +
      'stop that, or use another folder',
    { reason: 'FOLDER_IN_USE' },
  );
}

/** A process in another container has its number there, and mostly a host name of its own. */
function named(owner: string): string {
  const [, pid, host] = /^([0-9]+) ([\w.-]+)$/.exec(owner) ?? [];
  if (pid === undefined || host === undefined) return '';
  return host === hostname() ? ` (pid ${pid})` : ` (pid ${pid} on host ${host})`;
}
