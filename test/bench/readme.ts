import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { machine, markdown, tablesOf, type Results } from './report.js';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const BEGIN = '<!-- benchmark: made by `npm run bench -- --readme` -->';
const END = '<!-- end of benchmark -->';

/** Puts the tables between their marks. No figure in README.md is typed by hand. */
export async function writeReadme(results: Results): Promise<void> {
  const text = readFileSync(README, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md lacks ${BEGIN} … ${END}`);
  const [aims = '', ...rest] = tablesOf(results).map(markdown);
  const block = [
    BEGIN,
    `Measured on ${machine()}, all processes on these cores, etcd's data on a disk.`,
    aims,
    '<details><summary>All that was measured</summary>',
    ...rest,
    '</details>',
  ].join('\n\n');
  const renewed = `${text.slice(0, begin)}${block}\n\n${text.slice(end)}`;
  writeFileSync(
    README,
    await format(renewed, { ...(await resolveConfig(README)), filepath: README }),
  );
}
