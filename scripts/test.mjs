// All that `npm test` does: finds or installs etcd, builds, and runs the suites, each in a process of its own, two
// at a time: most of what they do is waiting. `npm test -- unit contract` runs only those.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conclude, run } from './steps.mjs';

/** In how many parts each suite is run; the longest first. */
const PARTS = { e2e: 2, fault: 1, unit: 1, contract: 1, architecture: 1 };
const SUITES = Object.keys(PARTS);
const AT_ONCE = 2;
const SETUP_LIMIT_MS = 300_000;
const SUITE_LIMIT_MS = 900_000;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}; there are ${SUITES.join(', ')}`);
  process.exit(64);
}

const counts = { passed: 0, failed: 0 };
const folder = mkdtempSync(join(tmpdir(), 'shared-lock-test-'));
try {
  if (await prepare()) {
    await runSuites(asked.length > 0 ? asked : SUITES);
  } else {
    counts.failed += 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
conclude('tests', counts);

/** The end-to-end suites drive the built program. */
async function prepare() {
  const limits = { limitMs: SETUP_LIMIT_MS };
  if ((await run(process.execPath, ['scripts/setup-etcd.mjs'], limits)) !== 0) return false;
  return (await run('npm', ['run', '--silent', 'build'], limits)) === 0;
}

async function runSuites(suites) {
  const left = suites.flatMap(partsOf);
  const held = left.length > 1;
  const runSome = async () => {
    for (let part = left.shift(); part; part = left.shift()) await runPart(part, held);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
}

function partsOf(suite) {
  const files = readdirSync(`test/${suite}`, { recursive: true })
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
    .map((file) => `test/${suite}/${file}`);
  const parts = PARTS[suite];
  return Array.from({ length: parts }, (_, part) => ({
    name: parts === 1 ? suite : `${suite} ${part + 1} of ${parts}`,
    files: files.filter((_file, index) => index % parts === part),
  }));
}

async function runPart({ name, files }, held) {
  console.log(`=== ${name}${held ? ' runs; its output follows when it ends' : ''}`);
  const file = join(folder, `${name}.json`);
  const options = [
    '--reporter',
    './scripts/test-reporter.mjs',
    '--forbid-only',
    '--forbid-pending',
  ];
  const code = await run('npx', ['--no-install', 'mocha', ...options, ...files], {
    limitMs: SUITE_LIMIT_MS,
    held,
    env: { ...process.env, MOCHA_COUNTS_FILE: file },
  });
  const { passed, failed } = readCounts(file);
  console.log(`=== ${name} ended: ${passed} passed, ${failed} failed, exit code ${code}\n`);
  counts.passed += passed;
  // A suite that ended badly without a failed test has failed as a whole: a crash, a hang, no tests.
  counts.failed += code !== 0 && failed === 0 ? 1 : failed;
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`the suite left no counts (${error.code ?? error.message})`);
    return { passed: 0, failed: 1 };
  }
}
