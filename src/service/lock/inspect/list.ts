import { lockBytes, PAGE_BYTES } from '../../../core/answer-size.js';
import { decodeName, encodeName } from '../../../core/keys.js';
import { labelsMatch } from '../../../core/labels.js';
import type { ListLocksRequest, LockPage, LockState } from '../../../core/lock.js';
import { badPageToken, pageSizeOf } from '../../../core/paging.js';
import { checkText } from '../../../core/text.js';
import { prefixed } from '../../../store/store.js';
import type { Caller } from '../../caller.js';
import { Pace, type PaceParts } from '../../pace.js';
import type { LockStore } from '../state/view.js';
import { inspect, inspectForList, LOCKS_A_LOOK, type InspectParts } from './inspect.js';

/** A lock is found by its keys, which lie in four places; the list goes through them one after the other. */
const SECTIONS = ['held', 'shared', 'permit', 'queue'] as const;
type Section = (typeof SECTIONS)[number];

const KEYS_A_READ = 1000;
/** Filters may leave little of what is looked at: a page ends with so many locks, or reads of keys, all the same. */
const LOCKS_A_PAGE = 1000;
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

/** What it takes to list locks. */
export interface ListParts extends InspectParts, PaceParts {}

/**
 * A page of the locks that are held or waited for. It ends early, perhaps empty, after a bounded amount of work, and before it is larger
 * than `PAGE_BYTES`. @throws Fault CANCELLED if the caller went away.
 */
export async function listLocks(
  parts: ListParts,
  request: ListLocksRequest,
  caller: Caller,
): Promise<LockPage> {
  checkText(request.prefix, parts.limits.nameBytes, 'prefix');
  const size = pageSizeOf(request.pageSize, parts.limits);
  const pace = new Pace(parts, caller);
  const page = new Page(parts, request, size, pace);
  let cursor: Cursor | undefined = parseToken(request);
  await pace.begin();
  for (let reads = 0; cursor !== undefined && !page.isFull && reads < READS_A_PAGE; reads++) {
    const found: Names = await namesFrom(parts, request, cursor, page.room);
    cursor = (await page.add(cursor, found.names)) ?? found.next;
  }
  return { locks: page.locks, nextPageToken: cursor === undefined ? '' : writeToken(cursor) };
}

/** A page in the making. */
class Page {
  readonly locks: LockState[] = [];
  readonly #parts: InspectParts;
  readonly #request: ListLocksRequest;
  readonly #size: number;
  readonly #pace: Pace;
  #bytes = 0;
  #lookedAt = 0;
  #isFull = false;

  constructor(parts: InspectParts, request: ListLocksRequest, size: number, pace: Pace) {
    this.#parts = parts;
    this.#request = request;
    this.#size = size;
    this.#pace = pace;
  }

  get isFull(): boolean {
    return this.#isFull || this.room <= 0;
  }

  /** So many names can be looked at. */
  get room(): number {
    return Math.min(
      this.#size - this.locks.length,
      Math.max(this.#size, LOCKS_A_PAGE) - this.#lookedAt,
    );
  }

  /**
   * Looks at the locks of `names`, and takes those that are wanted.
   * @returns where the page ended, if it has no room for all of them.
   */
  async add({ section, after }: Cursor, names: readonly string[]): Promise<Cursor | undefined> {
    let last = after;
    for (let at = 0; at < names.length; at += LOCKS_A_LOOK) {
      for (const state of await this.#look(names.slice(at, at + LOCKS_A_LOOK))) {
        const isListed = isWanted(this.#request, state) && isNew(this.#request, section, state);
        if (isListed && !this.#take(state)) return { section, after: last };
        last = state.name;
      }
    }
    return undefined;
  }

  async #look(names: readonly string[]): Promise<LockState[]> {
    const states: LockState[] = [];
    const isListed = (state: LockState): boolean => isWanted(this.#request, state);
    for (const state of await inspectForList(this.#parts, names, isListed)) {
      // Of a crowd any holder may have the labels.
      const isCrowd = state.holderCount > state.holders.length;
      const needsAll = this.#request.selectors.size > 0 && isCrowd;
      const whole = needsAll ? await inspect(this.#parts, state.name) : state;
      await this.#pace.worked(1 + whole.holders.length + whole.waiters.length);
      states.push(whole);
    }
    this.#lookedAt += names.length;
    return states;
  }

  /** @returns false if it would make the page too large. */
  #take(state: LockState): boolean {
    this.#bytes += lockBytes(state);
    this.#isFull = this.#bytes > PAGE_BYTES;
    if (this.#isFull && this.locks.length > 0) return false;
    this.locks.push(state);
    return true;
  }
}

function isWanted({ contested, selectors }: ListLocksRequest, state: LockState): boolean {
  if (state.holderCount === 0 && state.waiterCount === 0) return false;
  if (contested && state.waiterCount === 0) return false;
  return (
    selectors.size === 0 || state.holders.some((holder) => labelsMatch(holder.labels, selectors))
  );
}

/** Where the locks of a request are: those that somebody waits for in the queue, and those with labels where holders are. */
function sectionsOf({ contested, selectors }: ListLocksRequest): readonly Section[] {
  if (contested) return ['queue'];
  return selectors.size > 0 ? ['held', 'shared', 'permit'] : SECTIONS;
}

/** A lock that is held was listed with its holders: the queue adds those that only wait. */
function isNew(
  { contested }: ListLocksRequest,
  section: Section,
  { holderCount }: LockState,
): boolean {
  return contested || section !== 'queue' || holderCount === 0;
}

async function namesFrom(
  parts: LockStore,
  request: ListLocksRequest,
  cursor: Cursor,
  size: number,
): Promise<Names> {
  const { from, to } = sectionRange(parts, cursor, request.prefix);
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
  const sections = sectionsOf(request);
  const isComplete = !read.more && names.length === new Set(all).size;
  return {
    names: names.filter((name) => name !== ''),
    next:
      isComplete || last === undefined
        ? firstOf(sections[sections.indexOf(cursor.section) + 1])
        : { section: cursor.section, after: last },
  };
}

function firstOf(section: Section | undefined): Cursor | undefined {
  return section === undefined ? undefined : { section, after: '' };
}

/** The keys of a section whose names begin with `prefix` and come after the cursor. */
function sectionRange(parts: Pick<LockStore, 'keys'>, { section, after }: Cursor, prefix: string) {
  const root = sectionRoot(parts, section);
  const isPlain = hasPlainNames(parts, section);
  const whole = prefixed(root + (isPlain ? prefix : encodeName(prefix)));
  if (after === '') return whole;
  // Behind the key itself, or behind all keys of the form `<name>/…`.
  const from = isPlain ? `${root}${after}\0` : prefixed(`${root}${encodeName(after)}/`).to;
  return { ...whole, from: from ?? whole.from };
}

function sectionRoot({ keys }: Pick<LockStore, 'keys'>, section: Section): string {
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

function hasPlainNames({ keys }: Pick<LockStore, 'keys'>, section: Section): boolean {
  return section === 'held' && keys.heldForm === 'plain';
}

function nameIn(isPlain: boolean, rest: string): string {
  return isPlain ? rest : decodeName(rest.slice(0, rest.indexOf('/')));
}

function parseToken(request: ListLocksRequest): Cursor | undefined {
  const { prefix, pageToken: token } = request;
  const sections = sectionsOf(request);
  if (token === '') return firstOf(sections[0]);
  const dot = token.indexOf('.');
  const section = sections.find((known) => known === token.slice(0, dot));
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
