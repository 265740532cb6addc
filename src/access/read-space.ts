import type { ParsedNode } from 'yaml';
import { parsePattern, type Pattern } from '../core/access/pattern.js';
import type { Space } from '../core/access/space.js';
import type { YamlTree } from './yaml-tree.js';

/** Stands for the namespaces that are not named. */
const DEFAULT = 'default';

const UNITS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Reads how much namespaces of documents may take. What is wrong becomes a problem of the tree. */
export function readSpace(tree: YamlTree, node: ParsedNode | null): readonly Space[] {
  return tree.named(node, 'space').flatMap(([name, value, at]) => {
    const pattern = name === DEFAULT ? { text: '', isPrefix: true } : patternIn(name);
    if (typeof pattern === 'string') return tree.problem(at, pattern);
    const bytes = bytesIn(tree.value(value));
    const { text, isPrefix } = pattern;
    return bytes === undefined
      ? tree.problem(
          value ?? at,
          'space must be a whole number from 1 to 999999 and a unit, KiB, MiB or GiB, such as 64MiB',
        )
      : [{ text, isPrefix, bytes }];
  });
}

/** @returns a sentence that says what is wrong and what would be right. */
function patternIn(name: string): Pick<Pattern, 'text' | 'isPrefix'> | string {
  if (!name.startsWith('config:') || ['config:', 'config:*'].includes(name)) {
    return `${JSON.stringify(name)} names no namespace of documents: write config:namespace, config:prefix*, or default`;
  }
  const pattern = parsePattern(name);
  if (typeof pattern === 'string') return pattern;
  if (/[/{]/.test(pattern.text)) {
    return `${JSON.stringify(name)} is not a namespace: space is counted by whole namespaces, whose slashes are written %2F`;
  }
  return pattern;
}

function bytesIn(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value : '';
  const [, count, unit] = /^([1-9][0-9]{0,5})(KiB|MiB|GiB)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}
