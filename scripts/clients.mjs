// The client libraries: which of them this machine can test, and what else that takes.
import { existsSync, readFileSync } from 'node:fs';
import { run } from './steps.mjs';

const SETUP_LIMIT_MS = 600_000;

/**
 * What `npm test` does for the client libraries of clients/conformance/clients.json: the suite for all of them, and the tests of their own.
 * With `installs` what they need is installed first. What is compiled is built each time, of what there is. Those that can't be tested are told by `lacking`, a line each.
 */
export async function clientParts(installs) {
  const entries = Object.entries(
    JSON.parse(readFileSync('clients/conformance/clients.json', 'utf8')),
  );
  const parts = [];
  const lacking = [];
  for (const [name, { needs, setup, build, tests = {} }] of entries) {
    const failed = installs && setup !== undefined && (await runSetup(setup)) !== 0;
    if (failed || (needs !== undefined && !existsSync(needs))) {
      const why = failed
        ? `${setup.join(' ')} failed, see above`
        : `lacks ${needs}: \`npm test -- --all\` makes it`;
      lacking.push(`${name} (${why})`);
      continue;
    }
    if (build !== undefined && (await runSetup(build)) !== 0) {
      lacking.push(
        `${name} (can't be built here, see above; \`npm test -- --all\` gets what that takes)`,
      );
      continue;
    }
    const env = { CONFORMANCE_CLIENTS: name };
    parts.push({ name: `clients: ${name}`, files: ['test/clients/conformance.spec.ts'], env });
    for (const [tool, command] of Object.entries(tests)) {
      parts.push({ name: `clients: ${name}: ${tool}`, command });
    }
  }
  return { parts, lacking };
}

/** Not held against the project if it fails: the machine may have no network. */
function runSetup([program, ...words]) {
  return run(program, words, { limitMs: SETUP_LIMIT_MS });
}
