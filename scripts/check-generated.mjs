// Generates the types anew, and fails if that changes a file: then somebody edited proto/ without
// `npm run generate`, or edited what is generated. The files are left as they were generated.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'src/protocol/generated';

/** Path → digest of every file below a folder. */
function digests(folder) {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return new Map();
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  return new Map(
    files.map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

const before = digests(FOLDER);
const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'generate'], {
  encoding: 'utf8',
});
if (status !== 0) {
  console.error(`npm run generate failed:\n${stdout}${stderr}`);
  process.exit(1);
}
const after = digests(FOLDER);
const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
  (path) => before.get(path) !== after.get(path),
);
if (changed.length > 0) {
  console.error(`not as generated from proto/:\n  ${changed.join('\n  ')}`);
  console.error('commit what `npm run generate` wrote');
  process.exitCode = 1;
}
