// mocha's spec reporter, which also keeps in the file that MOCHA_RESULTS_FILE names how far the tests have come and which of
// them failed: `{ passed, failures: [{ title, text }], running, isOver }`. It is there, as of the last test that began, also
// when the process crashes or is killed.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

const MAX_FAILURES = 50;
const MAX_CHARS = 1000;
const STACK_LINES = 4;

const { EVENT_TEST_BEGIN, EVENT_HOOK_BEGIN, EVENT_TEST_FAIL, EVENT_RUN_END } =
  Mocha.Runner.constants;

export default class ResultsReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.MOCHA_RESULTS_FILE;
    if (!file) return;
    const failures = [];
    const keep = (running, isOver = false) => {
      const { passes: passed } = this.stats;
      writeFileSync(file, JSON.stringify({ passed, failures, running, isOver }));
    };
    runner.on(EVENT_TEST_BEGIN, (test) => keep(test.fullTitle()));
    runner.on(EVENT_HOOK_BEGIN, (hook) => keep(hook.fullTitle()));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      // The base reporter has made strings of what is compared.
      const text = failures.length < MAX_FAILURES ? textOf(error) : '';
      failures.push({ title: test.fullTitle(), text });
      keep(undefined);
    });
    runner.once(EVENT_RUN_END, () => keep(undefined, true));
  }
}

/** What is wrong, the difference, and where: not more than a reader needs who has nothing else. */
function textOf(error) {
  const { Base } = Mocha.reporters;
  const parts = [messageOf(error)];
  if (Base.showDiff(error)) parts.push(Base.generateDiff(error.actual, error.expected).trim());
  for (let { cause } = error; cause; cause = cause.cause) {
    parts.push(`caused by: ${messageOf(cause)}`);
    if (parts.length > STACK_LINES) break;
  }
  return [shortened(parts.join('\n')), ...placesIn(error)].join('\n');
}

function messageOf(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function placesIn({ stack }) {
  const lines = String(stack ?? '').split('\n');
  return lines.filter((line) => line.startsWith('    at ')).slice(0, STACK_LINES);
}

function shortened(text) {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)} …`;
}
