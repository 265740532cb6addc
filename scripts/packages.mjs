// Programs that the tests need: where they are, and how they come from the packages of Debian or Ubuntu.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program of that name on the PATH. */
export function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run: either way it is not the one.
    return false;
  }
}

/** Installs packages. @returns false if that is not possible here. @throws Error that says which step failed. */
export function installPackages(packages) {
  const before = privilege();
  if (!existsSync('/etc/debian_version') || onPath('apt-get') === undefined || !before)
    return false;
  apt([...before, 'apt-get', 'update', '-q']);
  apt([
    ...before,
    ...['env', 'DEBIAN_FRONTEND=noninteractive'],
    ...['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...packages],
  ]);
  return true;
}

/** The words that must stand before apt-get; undefined if this user may not install. */
function privilege() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

function apt([program, ...words]) {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  throw new Error(
    `${[program, ...words].join(' ')} failed (${error?.message ?? `exit code ${status}`})`,
  );
}
