import {
  configNotFound,
  type ConfigMeta,
  type ConfigPage,
  type ConfigVersion,
  type ConfigVersionPage,
  type ListConfigsRequest,
  type ListConfigVersionsRequest,
} from '../../core/config-document.js';
import { decodeName, encodeName } from '../../core/keys.js';
import { badPageToken, checkNameToken, pageSizeOf } from '../../core/paging.js';
import { checkName, checkText } from '../../core/text.js';
import { exactly, prefixed, type Entry, type Read } from '../../store/store.js';
import { countKeys, transact } from '../transaction.js';
import { checkConfigName } from './names.js';
import type { ConfigParts } from './parts.js';
import { metaOf, readHead } from './records.js';

/** A page of documents, in the order of their encoded names. The token is where the page ended. */
export async function listConfigs(
  { store, layout, limits }: ConfigParts,
  request: ListConfigsRequest,
): Promise<ConfigPage> {
  const { namespace, prefix, pageToken } = request;
  checkName(namespace, limits.nameBytes, 'namespace');
  checkText(prefix, limits.nameBytes, 'prefix');
  const keys = layout.configs(namespace);
  const whole = prefixed(keys.headRoot + encodeName(prefix));
  const after = pageToken === '' ? undefined : checkNameToken(pageToken, prefix);
  const from = after === undefined ? whole.from : `${keys.headRoot}${after}\0`;
  const limit = pageSizeOf(request.pageSize, limits);
  const pageRead: Read = { kind: 'read', range: { ...whole, from }, limit };
  const all = countKeys(prefixed(keys.headRoot));
  const done = await transact(store, { resource: keys.headRoot, then: [pageRead, all] });
  const page = done.result(pageRead);
  const configs = page.entries.flatMap((entry) => metaIn(namespace, keys.headRoot, entry) ?? []);
  const last = page.entries.at(-1);
  const nextPageToken = page.more && last !== undefined ? last.key.slice(keys.headRoot.length) : '';
  return { configs, nextPageToken, total: done.result(all).count };
}

/** A page of the versions that are kept, newest first, without their text. @throws Fault NOT_FOUND without a document. */
export async function listVersions(
  { store, layout, limits }: ConfigParts,
  request: ListConfigVersionsRequest,
): Promise<ConfigVersionPage> {
  checkConfigName(request, limits);
  const size = pageSizeOf(request.pageSize, limits);
  const keys = layout.configs(request.namespace);
  const { entries } = await store.read({ range: exactly(keys.head(request.name)) });
  const head = readHead(entries[0]);
  if (head === undefined) throw configNotFound(request);
  const newest = Math.min(head.version, versionBefore(request.pageToken, head.version));
  const oldest = Math.max(head.firstVersion, newest - size + 1);
  const from = keys.version(request.name, oldest);
  const to = keys.version(request.name, newest + 1);
  const read =
    newest < oldest ? [] : (await store.read({ range: { from, to }, keysOnly: true })).entries;
  const versions = read.map((entry): ConfigVersion => {
    const version = Number(entry.key.slice(keys.versions(request.name).length));
    return { version, revision: entry.modRevision };
  });
  const nextPageToken = oldest > head.firstVersion && newest >= oldest ? String(oldest) : '';
  return { versions: versions.reverse(), nextPageToken };
}

/** Undefined for a key that is no encoded name: another program put it there. */
function metaIn(namespace: string, headRoot: string, entry: Entry): ConfigMeta | undefined {
  const name = nameIn(entry.key.slice(headRoot.length));
  const head = readHead(entry);
  return name === undefined || head === undefined
    ? undefined
    : metaOf({ namespace, name }, head, entry.modRevision);
}

/** The name of an encoded segment; undefined if it is none. */
export function nameIn(segment: string): string | undefined {
  try {
    return decodeName(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

/** The newest version of the page: the one before the token, which is the oldest of the page before. */
function versionBefore(token: string, latest: number): number {
  if (token === '') return latest;
  if (!/^[0-9]{1,10}$/.test(token)) throw badPageToken();
  return Number(token) - 1;
}
