// All that `npm test` does: finds or installs etcd and the shells that completion is for, builds, and runs the suites, each in a process of its own, three
// at a time: most of what they do is waiting. `npm test -- unit contract` runs only those. The clients of other languages are tested as far as
// this machine can; `npm test -- --all` installs what they need first.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientParts } from './clients.mjs';
import { conclude, run } from './steps.mjs';

/** In how many parts each suite is run; the longest first. */
const PARTS = { fault: 2, e2e: 3, unit: 1, contract: 1, architecture: 1 };
/** Its parts are those of the client libraries. */
const CLIENTS = 'clients';
const SUITES = [...Object.keys(PARTS), CLIENTS];
const AT_ONCE = 3;
/** What asks how soon others are answered while much goes on: run at the end, with nothing beside it. */
const ALONE = ['test/fault/overload.spec.ts'];
const SETUP_LIMIT_MS = 300_000;
const SUITE_LIMIT_MS = 900_000;
/** So many failures are told again at the end in full, the others by their titles. */
const TOLD_IN_FULL = 12;

const installs = process.argv.includes('--all');
const asked = process.argv.slice(2).filter((word) => word !== '--all');
const unknown = asked.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}; there are ${SUITES.join(', ')}`);
  process.exit(64);
}

let passed = 0;
/** Clients that this machine can't test, each with what it lacks. */
let lacking = [];
/** Of all suites, to be told once more at the end: whoever sees only the last part of the output needs no more. */
const failures = [];
const folder = mkdtempSync(join(tmpdir(), 'shared-lock-test-'));
try {
  if (await prepare()) {
    await runSuites(asked.length > 0 ? asked : SUITES);
  } else {
    failures.push({ title: 'what the tests need could not be set up: see the output', text: '' });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
tellFailures();
conclude('tests', { passed, failed: failures.length });
if (lacking.length > 0) console.log(`not run: clients of ${lacking.join(', ')}`);

/** The end-to-end suites drive the built program. */
async function prepare() {
  const limits = { limitMs: SETUP_LIMIT_MS };
  if ((await run(process.execPath, ['scripts/setup-etcd.mjs'], limits)) !== 0) return false;
  if ((await run(process.execPath, ['scripts/setup-shells.mjs'], limits)) !== 0) return false;
  return (await run('npm', ['run', '--silent', 'build'], limits)) === 0;
}

async function runSuites(suites) {
  const parts = suites.filter((suite) => suite !== CLIENTS).flatMap(partsOf);
  if (suites.includes(CLIENTS)) {
    const clients = await clientParts(installs);
    parts.push(...clients.parts);
    lacking = clients.lacking;
  }
  const held = parts.length > 1;
  const runAll = async (left) => {
    for (let part = left.shift(); part; part = left.shift()) await runPart(part, held);
  };
  const beside = parts.filter(({ isAlone }) => !isAlone);
  await Promise.all(Array.from({ length: AT_ONCE }, () => runAll(beside)));
  await runAll(parts.filter(({ isAlone }) => isAlone));
}

function partsOf(suite) {
  const files = readdirSync(`test/${suite}`, { recursive: true })
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
    .map((file) => `test/${suite}/${file}`);
  const parts = PARTS[suite];
  const beside = files.filter((file) => !ALONE.includes(file));
  const alone = files.filter((file) => ALONE.includes(file));
  return [
    ...Array.from({ length: parts }, (_, part) => ({
      name: parts === 1 ? suite : `${suite} ${part + 1} of ${parts}`,
      files: beside.filter((_file, index) => index % parts === part),
    })),
    ...alone.map((file) => ({ name: `${suite}, alone`, files: [file], isAlone: true })),
  ];
}

async function runPart({ name, files, command, env }, held) {
  console.log(`=== ${name}${held ? ' runs; its output follows when it ends' : ''}`);
  if (command === undefined) await runMocha(name, files, { held, env });
  else await runCommand(name, command, held);
}

/** Tests of another language's own: they count as one. */
async function runCommand(name, [program, ...words], held) {
  const code = await run(program, words, { limitMs: SUITE_LIMIT_MS, held });
  console.log(`=== ${name} ended: exit code ${code}\n`);
  if (code === 0) passed += 1;
  else failures.push({ title: `${name}: exit code ${code}, see its output`, text: '' });
}

async function runMocha(name, files, { held, env }) {
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
    env: { ...process.env, ...env, MOCHA_RESULTS_FILE: file },
  });
  const results = readResults(file);
  const failed = results.failures.map(({ title, text }) => ({ title: `${name}: ${title}`, text }));
  // A suite that ended badly without a failed test has failed as a whole: a crash, a hang, no tests.
  if (!results.isOver || (code !== 0 && failed.length === 0)) {
    failed.push({ title: `${name}: ${badEnd(code, results)}`, text: '' });
  }
  console.log(
    `=== ${name} ended: ${results.passed} passed, ${failed.length} failed, exit code ${code}\n`,
  );
  passed += results.passed;
  failures.push(...failed);
}

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`the suite left no results (${error.code ?? error.message})`);
    return { passed: 0, failures: [], isOver: false };
  }
}

function badEnd(code, { running, isOver }) {
  const how = code === 124 ? `took more than ${SUITE_LIMIT_MS / 1000} s` : `exit code ${code}`;
  if (running !== undefined) return `the suite ended too early (${how}), in: ${running}`;
  return `the suite ended badly ${isOver ? 'after' : 'before'} its last test (${how}): see its output`;
}

function tellFailures() {
  if (failures.length === 0) return;
  console.log('=== what failed');
  for (const [index, { title, text }] of failures.entries()) {
    console.log(`${index + 1}. ${title}`);
    if (index < TOLD_IN_FULL && text) console.log(`${text.replaceAll(/^/gm, '   ')}\n`);
  }
}
