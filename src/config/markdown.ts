import { flatten, type NamedSetting } from './setting.js';
import { SETTINGS } from './settings.js';

/** The table of configuration for README.md, made from the schema. */
export function configTable(): string {
  return [
    '| variable | in the file | flag | default | what |',
    '|---|---|---|---|---|',
    ...flatten(SETTINGS).map(row),
  ].join('\n');
}

function row({ path, setting }: NamedSetting): string {
  const { env, flag, fallback, fallbackDoc, doc } = setting;
  const byDefault = fallbackDoc ?? (fallback === '' ? '' : `\`${fallback}\``);
  const cells = [`\`${env}\``, `\`${path}\``, flag ? `\`--${flag}\`` : '', byDefault, doc];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const BEGIN = '<!-- configuration: made by `npm run docs:config` -->';
const END = '<!-- end of configuration -->';

/**
 * The document with the table between its two markers renewed.
 * @throws Error if it has no such markers.
 */
export function withConfigTable(document: string): string {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END, from);
  if (from < 0 || to < 0) {
    throw new Error(`there is no place for the table: put these two lines there\n${BEGIN}\n${END}`);
  }
  return `${document.slice(0, from + BEGIN.length)}\n\n${configTable()}\n\n${document.slice(to)}`;
}
