// Renews the table of configuration in README.md from the schema.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { withConfigTable } from '../src/config/markdown.ts';

const path = fileURLToPath(new URL('../README.md', import.meta.url));
const renewed = withConfigTable(readFileSync(path, 'utf8'));
writeFileSync(path, await format(renewed, { ...(await resolveConfig(path)), filepath: path }));
