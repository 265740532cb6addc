import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/** Not root, or root without the right to give files away; or the file has gone since it was listed, or is a link now. */
const LEFT_AS_IT_IS = ['EACCES', 'EPERM', 'ENOENT', 'ELOOP'];

/**
 * Gives what root has made in a folder of another user to that user, whose daemon could not open it otherwise. That user may
 * have put anything there: so no links are followed, and no file is given away that has another name elsewhere.
 * @throws the system's errors, unless they say that this process may not.
 */
export function leaveToOwner(folder: string): void {
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile()) give(join(folder, entry.name), owner);
  }
}

function give(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  let file: number | undefined;
  try {
    // What is looked at and what is given away is one file, even if another gets its name; a pipe there blocks nobody.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (stat.isFile() && stat.uid === 0 && stat.nlink === 1) fchownSync(file, uid, gid);
  } catch (error) {
    if (!LEFT_AS_IT_IS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
