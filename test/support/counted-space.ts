import { SpaceLimits, type Space } from '../../src/core/access/space.js';
import { ANONYMOUS } from '../../src/core/access/principal.js';
import type { Config, PutConfigRequest } from '../../src/core/config-document.js';
import type { Caller } from '../../src/service/caller.js';
import { exactly, prefixed, type Store } from '../../src/store/store.js';
import { requests } from '../unit/service/config-requests.js';
import { caller, type TestDaemon } from './services.js';

const ROOT = '/shared-lock.v1/config/ns/';
export const RECORD = '/shared-lock.v1/config-space/ns';
/** What each text takes beside itself. */
export const BESIDE = 256;

/** One who writes where a policy limits the space of namespaces. */
export function countedCaller(spaces: readonly Space[]): Caller {
  const limits = new SpaceLimits(spaces);
  return {
    ...caller(),
    rights: {
      principal: ANONYMOUS,
      quota: {},
      spaceOf: (namespace) => limits.of(namespace),
      ownerId: undefined,
      forceFacts: () => ({}),
      mayUse: () => true,
      mayReplay: () => true,
    },
  };
}

/** Of the namespace `ns` of the tests. */
export function within(bytes: number): Caller {
  return countedCaller([{ text: 'ns', isPrefix: false, bytes }]);
}

export function write(
  { configs }: TestDaemon,
  by: Caller,
  name: string,
  text: string,
  rest: Partial<PutConfigRequest> = {},
): Promise<Config> {
  return configs.put(requests.put(JSON.stringify(text), { name, ...rest }), by);
}

/** What the record says. */
export async function recorded(store: Store): Promise<number | undefined> {
  const { entries } = await store.read({ range: exactly(RECORD) });
  const [entry] = entries;
  return entry && (JSON.parse(entry.value) as { bytes: number }).bytes;
}

/** What is stored. */
export async function stored(store: Store): Promise<number> {
  let bytes = 0;
  for (const kind of ['version', 'schema']) {
    const { entries } = await store.read({ range: prefixed(`${ROOT}${kind}/`) });
    for (const { value } of entries) bytes += Buffer.byteLength(value) + BESIDE;
  }
  return bytes;
}
