// All that `npm test` does: finds or installs etcd, builds, and runs the suites, each in a process of its own, two
// at a time: most of what they do is waiting. `npm test -- unit contract` runs only those.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conclude, run } from './steps.mjs';

/** The longest first. */
const SUITES = ['e2e', 'fault', 'unit', 'contract', 'architecture'];
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
  const left = [...suites];
  const runSome = async () => {
    for (let suite = left.shift(); suite; suite = left.shift()) {
      await runSuite(suite, suites.length > 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
}

async function runSuite(suite, held) {
  console.log(`=== ${suite} ${held ? 'runs; its output follows when it ends' : ''}`);
  const file = join(folder, `${suite}.json`);
  const options = [
    '--reporter',
    './scripts/test-reporter.mjs',
    '--forbid-only',
    '--forbid-pending',
  ];
  const code = await run(
    'npx',
    ['--no-install', 'mocha', ...options, `test/${suite}/**/*.spec.ts`],
    {
      limitMs: SUITE_LIMIT_MS,
      held,
      env: { ...process.env, MOCHA_COUNTS_FILE: file },
    },
  );
  const { passed, failed } = readCounts(file);
  console.log(`=== ${suite} ended: ${passed} passed, ${failed} failed, exit code ${code}\n`);
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
