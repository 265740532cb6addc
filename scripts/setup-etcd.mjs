// Sees to it that the tests find an etcd server: by ETCD_BIN, on the PATH, or, on Debian and Ubuntu,
// installed from the distribution's packages. Else it fails with the line that says what to install.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest etcd whose API the daemon can use. */
const OLDEST = [3, 4];
const PACKAGES = ['etcd-server', 'etcd-client'];
const HELP =
  'Install etcd 3.4 or later (Debian, Ubuntu: apt-get install etcd-server etcd-client; others: ' +
  'https://etcd.io/docs/latest/install/) or name its program in ETCD_BIN.';

/** The first program of that name on the PATH. */
function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run: either way it is not the one.
    return false;
  }
}

function findEtcd() {
  const named = process.env.ETCD_BIN;
  if (named === undefined || named === '') return onPath('etcd');
  if (isProgram(named)) return named;
  throw new Error(`ETCD_BIN=${named} is no program that can be run. ${HELP}`);
}

function versionOf(etcd) {
  const { stdout, status, error } = spawnSync(etcd, ['--version'], { encoding: 'utf8' });
  const found = /etcd Version: (\d+)\.(\d+)\.(\S+)/.exec(stdout ?? '');
  if (status !== 0 || found === null) {
    throw new Error(`${etcd} --version failed${error ? `: ${error.message}` : ''}. ${HELP}`);
  }
  return { numbers: [Number(found[1]), Number(found[2])], text: found.slice(1).join('.') };
}

function isNewEnough([major, minor]) {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The words that must stand before apt-get; undefined if this user may not install. */
function privilege() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

function install() {
  const before = privilege();
  if (!existsSync('/etc/debian_version') || onPath('apt-get') === undefined || !before) {
    throw new Error(`No etcd found. ${HELP}`);
  }
  console.log(`etcd: installing ${PACKAGES.join(' and ')}`);
  apt([...before, 'apt-get', 'update', '-q']);
  apt([
    ...before,
    ...['env', 'DEBIAN_FRONTEND=noninteractive'],
    ...['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...PACKAGES],
  ]);
}

function apt([program, ...words]) {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    const why = error?.message ?? `exit code ${status}`;
    throw new Error(`${[program, ...words].join(' ')} failed (${why}). ${HELP}`);
  }
}

try {
  let etcd = findEtcd();
  if (etcd === undefined) {
    install();
    etcd = findEtcd();
  }
  if (etcd === undefined) throw new Error(`No etcd found after its installation. ${HELP}`);
  const version = versionOf(etcd);
  if (!isNewEnough(version.numbers)) {
    throw new Error(`${etcd} is etcd ${version.text}, which is too old. ${HELP}`);
  }
  console.log(`etcd: ${etcd}, ${version.text}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 69;
}
