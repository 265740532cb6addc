// Sees to it that the tests find an etcd server: by ETCD_BIN, on the PATH, or, on Debian and Ubuntu,
// installed from the distribution's packages. Else it fails with the line that says what to install.
import { spawnSync } from 'node:child_process';
import { installPackages, isProgram, onPath } from './packages.mjs';

/** The oldest etcd whose API the daemon can use. */
const OLDEST = [3, 4];
const PACKAGES = ['etcd-server', 'etcd-client'];
const HELP =
  'Install etcd 3.4 or later (Debian, Ubuntu: apt-get install etcd-server etcd-client; others: ' +
  'https://etcd.io/docs/latest/install/) or name its program in ETCD_BIN.';

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

function install() {
  console.log(`etcd: installing ${PACKAGES.join(' and ')}`);
  try {
    if (!installPackages(PACKAGES)) throw new Error('No etcd found');
  } catch (error) {
    throw new Error(`${error.message}. ${HELP}`, { cause: error });
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
