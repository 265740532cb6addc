import type { ParsedNode } from 'yaml';
import { ANONYMOUS_ID } from '../core/access/principal.js';
import { DEFAULT_QUOTA, type Quota } from '../core/access/quota.js';
import { suggest } from '../core/nearest.js';
import type { YamlTree } from './yaml-tree.js';

const MEMBERS = ['rate', 'burst', 'inFlight', 'connections', 'leases', 'waiters', 'watches'];

const MAX = 1_000_000_000;

const SECONDS = { s: 1, m: 60 } as const;

/** Reads the quotas of a policy whose principals have these names. What is wrong becomes a problem of the tree. */
export function readQuotas(
  tree: YamlTree,
  node: ParsedNode | null,
  names: readonly string[],
): ReadonlyMap<string, Quota> {
  const known = [DEFAULT_QUOTA, ANONYMOUS_ID, ...names];
  const quotas = new Map<string, Quota>();
  for (const [name, value, at] of tree.named(node, 'quotas')) {
    if (known.includes(name)) quotas.set(name, quotaIn(tree, value));
    else {
      const hint = suggest(name, known);
      tree.problem(at, `${JSON.stringify(name)} is not among principals${hint}, and not default`);
    }
  }
  return quotas;
}

function quotaIn(tree: YamlTree, node: ParsedNode | null): Quota {
  const members = tree.members(node, 'a quota', MEMBERS);
  const quota: Record<string, number> = {};
  for (const [name, value] of members) {
    const number = name === 'rate' ? rateIn(tree, value) : wholeIn(tree, name, value);
    if (number !== undefined) quota[name] = number;
  }
  return quota;
}

/** Requests a second. */
function rateIn(tree: YamlTree, node: ParsedNode | null): number | undefined {
  const text = tree.value(node);
  const [, count, unit] =
    /^([1-9][0-9]{0,8})\/([sm])$/.exec(typeof text === 'string' ? text : '') ?? [];
  if (count === undefined) {
    tree.problem(node, 'rate must be a number of requests and a unit, such as 200/s or 30/m');
    return undefined;
  }
  return Number(count) / SECONDS[unit === 'm' ? 'm' : 's'];
}

function wholeIn(tree: YamlTree, name: string, node: ParsedNode | null): number | undefined {
  const value = tree.value(node);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX) {
    // Without any there would be no request at all, and `rate` would never let one go.
    if (name !== 'burst' || value > 0) return value;
  }
  tree.problem(node, `${name} must be a whole number from ${name === 'burst' ? 1 : 0} to ${MAX}`);
  return undefined;
}
