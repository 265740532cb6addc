// npm runs it after `npm ci` in a clone, and before it packs: builds, if that is possible.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../dist/cmd/shared-lock.js', import.meta.url));
const require = createRequire(import.meta.url);

if (['esbuild', 'typescript'].every(isInstalled)) {
  await import('./build.mjs');
} else if (existsSync(PROGRAM)) {
  console.log('shared-lock: built before; without the packages for development it stays as it is');
} else {
  console.error(
    'shared-lock: this clone has not been built, and without the packages for development it can not be: run\n' +
      '  npm ci && npm prune --omit=dev\n' +
      'or install the package that `npm pack` makes of a clone that has been built.',
  );
  process.exitCode = 1;
}

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    // It is one of those that were left out.
    return false;
  }
}
