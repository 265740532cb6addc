// All that `npm run check` does. Each step runs, also after another failed.
import { conclude, run } from './steps.mjs';

const STEP_LIMIT_MS = 240_000;
/** The API of the newest release; at a release: `npx buf build proto --exclude-source-info -o scripts/api-VERSION.binpb`. */
const RELEASE = 'api-0.1.0.binpb';
const npx = (...words) => ['npx', ['--no-install', ...words]];

const STEPS = [
  ['format', npx('prettier', '--check', '--log-level', 'warn', '.')],
  ['lint', npx('eslint', '--max-warnings', '0', '.')],
  ['types', npx('tsc', '-p', 'tsconfig.json')],
  ['proto: style', npx('buf', 'lint', 'proto')],
  ['proto: nothing broken', npx('buf', 'breaking', 'proto', '--against', `scripts/${RELEASE}`)],
  ['proto: no route lost', [process.execPath, ['scripts/check-routes.mjs', `scripts/${RELEASE}`]]],
  ['generated types unchanged', [process.execPath, ['scripts/check-generated.mjs']]],
  [
    'import rules, no cycles',
    npx('mocha', '--reporter', 'dot', '--forbid-pending', 'test/architecture/**/*.spec.ts'),
  ],
];

const counts = { passed: 0, failed: 0 };
for (const [name, [program, words]] of STEPS) {
  const code = await run(program, words, { limitMs: STEP_LIMIT_MS });
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  counts[code === 0 ? 'passed' : 'failed'] += 1;
}
conclude('checks', counts);
