import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { textOf } from '../../support/manifests.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Commands that fetch a package by its name, and run what is in it. */
const INSTALLS =
  /\b(?:npm (?:install|i|add|update|exec|x|create|init)|npx|pnpm add|yarn add)\b([^\n`]*)/g;

/** What people copy commands from. */
const TEXTS = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'Dockerfile', 'cmd', 'src'],
  ...['deployment', 'docs', 'example'],
];

/** The file, or the files below the folder. */
function filesAt(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The packages that a command names, without flags, remarks and what stands for the output. */
function packagesIn(command: string): string[] {
  const words =
    command
      .split(/ {2,}|&&|;|\|/)[0]
      ?.trim()
      .split(/\s+/) ?? [];
  return words.filter((word) => word !== '' && !word.startsWith('-'));
}

describe('what is said about installing', () => {
  it('names packed files only, since the plain name on npm is of somebody else', () => {
    const found = TEXTS.flatMap((path) => filesAt(join(ROOT, path))).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(INSTALLS)].flatMap(([, rest = '']) =>
        packagesIn(rest),
      ),
    );
    expect(found).to.have.length.above(1);
    for (const word of found) {
      expect(word).to.match(/^(?:\.|\/path\/to)\/shared-lock-shared-lock-\d+\.\d+\.\d+\.tgz$/);
    }
  });

  it('has a name of which `npm update` finds nothing of a stranger, and is not published by mistake', () => {
    const manifest = JSON.parse(textOf('package.json')) as Record<string, unknown>;
    expect(manifest.name).to.equal('@shared-lock/shared-lock');
    expect(manifest.private).to.equal(true);
    expect(manifest.bin).to.have.all.keys('shared-lock');
  });
});
