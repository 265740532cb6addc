import { decodeName, encodeName } from '../../core/keys.js';
import { labelsMatch } from '../../core/labels.js';
import type { ListLocksRequest, LockPage, LockState } from '../../core/lock.js';
import { badPageToken, pageSizeOf } from '../../core/paging.js';
import { checkText } from '../../core/text.js';
import { prefixed } from '../../store/store.js';
import { mapConcurrently } from '../map-concurrently.js';
import { inspect } from './inspect.js';
import type { LockParts } from './parts.js';

/** A lock is found by its keys, which lie in four places; the list goes through them one after the other. */
const SECTIONS = ['held', 'shared', 'permit', 'queue'] as const;
type Section = (typeof SECTIONS)[number];

const KEYS_A_READ = 1000;
const READS_AT_A_TIME = 16;
/** Filters may leave little of what is read. */
const READS_A_PAGE = 8;

interface Cursor {
  readonly section: Section;
  /** Names up to this one were listed. */
  readonly after: string;
}

interface Names {
  readonly names: readonly string[];
  readonly next: Cursor | undefined;
}

/** A page of the locks that are held or waited for. It ends early only where a part has more keys than one read finds. */
export async function listLocks(parts: LockParts, request: ListLocksRequest): Promise<LockPage> {
  checkText(request.prefix, parts.limits.nameBytes, 'prefix');
  const size = pageSizeOf(request.pageSize, parts.limits);
  const locks: LockState[] = [];
  let cursor: Cursor | undefined = parseToken(request);
  for (
    let reads = 0;
    cursor !== undefined && locks.length < size && reads < READS_A_PAGE;
    reads++
  ) {
    const { section }: Cursor = cursor;
    const found = await namesFrom(parts, request.prefix, cursor, size - locks.length);
    const states = await mapConcurrently(found.names, READS_AT_A_TIME, async (name) => {
      return (await inspect(parts, name)).state;
    });
    locks.push(...states.filter((state) => isWanted(request, state) && isNew(section, state)));
    cursor = found.next;
  }
  return { locks, nextPageToken: cursor === undefined ? '' : writeToken(cursor) };
}

function isWanted({ contested, selectors }: ListLocksRequest, state: LockState): boolean {
  if (state.holderCount === 0 && state.waiterCount === 0) return false;
  if (contested && state.waiterCount === 0) return false;
  return (
    selectors.size === 0 || state.holders.some((holder) => labelsMatch(holder.labels, selectors))
  );
}

/** A lock that is held was listed with its holders: the queue adds those that only wait. */
function isNew(section: Section, { holderCount }: LockState): boolean {
  return section !== 'queue' || holderCount === 0;
}

async function namesFrom(
  parts: LockParts,
  prefix: string,
  cursor: Cursor,
  size: number,
): Promise<Names> {
  const { from, to } = sectionRange(parts, cursor, prefix);
  const isPlain = hasPlainNames(parts, cursor.section);
  const read = await parts.store.read({
    range: { from, ...(to === undefined ? {} : { to }) },
    limit: isPlain ? size : KEYS_A_READ,
    keysOnly: true,
  });
  const root = sectionRoot(parts, cursor.section);
  const all = read.entries.map((entry) => nameIn(isPlain, entry.key.slice(root.length)));
  const names = [...new Set(all)].slice(0, size);
  const last = names.at(-1);
  const isComplete = !read.more && names.length === new Set(all).size;
  return {
    names: names.filter((name) => name !== ''),
    next:
      isComplete || last === undefined
        ? firstOf(SECTIONS[SECTIONS.indexOf(cursor.section) + 1])
        : { section: cursor.section, after: last },
  };
}

function firstOf(section: Section | undefined): Cursor | undefined {
  return section === undefined ? undefined : { section, after: '' };
}

/** The keys of a section whose names begin with `prefix` and come after the cursor. */
function sectionRange(parts: LockParts, { section, after }: Cursor, prefix: string) {
  const root = sectionRoot(parts, section);
  const isPlain = hasPlainNames(parts, section);
  const whole = prefixed(root + (isPlain ? prefix : encodeName(prefix)));
  if (after === '') return whole;
  // Behind the key itself, or behind all keys of the form `<name>/…`.
  const from = isPlain ? `${root}${after}\0` : prefixed(`${root}${encodeName(after)}/`).to;
  return { ...whole, from: from ?? whole.from };
}

function sectionRoot({ keys }: LockParts, section: Section): string {
  switch (section) {
    case 'held':
      return keys.heldRoot;
    case 'shared':
      return keys.sharedRoot;
    case 'permit':
      return keys.permitRoot;
    case 'queue':
      return keys.queueRoot;
  }
}

function hasPlainNames({ keys }: LockParts, section: Section): boolean {
  return section === 'held' && keys.heldForm === 'plain';
}

function nameIn(isPlain: boolean, rest: string): string {
  return isPlain ? rest : decodeName(rest.slice(0, rest.indexOf('/')));
}

function parseToken({ prefix, pageToken: token }: ListLocksRequest): Cursor {
  if (token === '') return { section: 'held', after: '' };
  const dot = token.indexOf('.');
  const section = SECTIONS.find((known) => known === token.slice(0, dot));
  const after = nameOf(token.slice(dot + 1));
  const isIts = after === '' || after?.startsWith(prefix) === true;
  if (section === undefined || after === undefined || !isIts) throw badPageToken();
  return { section, after };
}

/** Undefined if it is no encoded name. */
function nameOf(segment: string): string | undefined {
  try {
    return decodeName(segment);
  } catch {
    return undefined;
  }
}

function writeToken({ section, after }: Cursor): string {
  return `${section}.${encodeName(after)}`;
}
