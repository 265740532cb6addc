import type { Client } from '../../client/client.js';
import { visible } from '../../core/visible.js';
import type { WantedNames } from './wanted-names.js';

/** More than anybody looks through. Of some only, shells would take what these have in common for what all have. */
const MAX_NAMES = 10_000;
const PAGE = 1000;

/**
 * The names that begin as it is written, in their order; none if there are too many. Those that could talk to a terminal, or would be
 * taken for a flag, are left out.
 * @throws what the client throws.
 */
export async function namesOf(
  client: Client,
  { kind, prefix, before: [namespace = ''] }: WantedNames,
): Promise<readonly string[]> {
  const options = { prefix };
  const named = {
    lock: () => client.locks.list({ ...options, pageSize: PAGE }),
    election: () => client.elections(options),
    counter: () => client.counters(options),
    config: () => client.configs(namespace).list({ ...options, pageSize: PAGE }),
  }[kind]();
  const names: string[] = [];
  for await (const { name } of named) {
    if (names.length === MAX_NAMES) return [];
    names.push(name);
  }
  return names.filter((name) => visible(name) === name && !name.startsWith('-'));
}
