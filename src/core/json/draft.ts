import { Fault } from '../errors.js';
import { childOf, indexIn, nothingThere } from './pointer.js';
import { ITEM_BYTES, memberBytes, sizeOf } from './size.js';
import { isJsonArray, isJsonObject, type JsonValue } from './value.js';

type Path = readonly string[];

/** A list or an object that this draft may change in place. */
type OwnContainer = JsonValue[] | Map<string, JsonValue>;

/**
 * A JSON value that is being changed: the original stays as it is, and each container that is changed is copied once.
 * All methods throw Fault FAILED_PRECONDITION if there is nothing at a path; `where` says in what.
 *
 * A container is changed in place if it was copied for the very container that it is reached by, and so on up to
 * the root. So to give a value a second place, it is enough to forget for whom it was copied: whatever is in it.
 */
export class Draft {
  /** For which container, or this draft, a copy was made. */
  readonly #copiedFor = new Map<object, object>();
  /** Of containers that are not changed any more. */
  readonly #sizes = new Map<object, number>();
  #root: JsonValue;
  #bytes: number;

  constructor(original: JsonValue) {
    this.#root = original;
    this.#bytes = this.#sizeOf(original, this);
  }

  get value(): JsonValue {
    return this.#root;
  }

  /** About how many bytes it takes, as `sizeOf` counts. */
  get bytes(): number {
    return this.#bytes;
  }

  at(path: Path, where: string): JsonValue {
    let value = this.#root;
    for (const step of path) value = childOf(value, step, where);
    return value;
  }

  /** Adds a member or an item, or takes the place of the member that is there. */
  add(path: Path, value: JsonValue, where: string): void {
    this.#place(path, value, where);
    this.#bytes += this.#sizeOf(value, this);
  }

  replace(path: Path, value: JsonValue, where: string): void {
    const [parent, step] = this.#parentOf(path, where);
    if (parent === undefined) {
      this.#bytes = this.#sizeOf(value, this);
      this.#root = value;
      return;
    }
    this.#bytes += this.#sizeOf(value, this) - this.#sizeOf(childOf(parent, step, where), parent);
    put(parent, step, value);
  }

  remove(path: Path, where: string): void {
    const [value, parent] = this.#take(path, where);
    this.#bytes -= this.#sizeOf(value, parent);
  }

  move(from: Path, to: Path, where: string): void {
    const [value, parent] = this.#take(from, where);
    const isOwn = this.#isOwn(value, parent);
    const holder = this.#place(to, value, where);
    if (holder === this) this.#bytes = this.#sizeOf(value, parent);
    if (isOwn) this.#copiedFor.set(value as OwnContainer, holder);
  }

  copy(from: Path, to: Path, where: string): void {
    const value = this.at(from, where);
    if (typeof value === 'object' && value !== null) this.#copiedFor.delete(value);
    this.add(to, value, where);
  }

  /** Without counting the value. @returns whose part it is now. */
  #place(path: Path, value: JsonValue, where: string): object {
    const [parent, step] = this.#parentOf(path, where);
    if (parent === undefined) {
      this.#bytes = 0;
      this.#root = value;
      return this;
    }
    if (Array.isArray(parent)) {
      const index = step === '-' ? parent.length : indexIn(step, parent.length, where);
      parent.splice(index, 0, value);
      this.#bytes += ITEM_BYTES;
      return parent;
    }
    const before = parent.get(step);
    this.#bytes += before === undefined ? memberBytes(step) : -this.#sizeOf(before, parent);
    parent.set(step, value);
    return parent;
  }

  /** Without counting the value. @returns it, and whose part it was. */
  #take(path: Path, where: string): [JsonValue, object] {
    const [parent, step] = this.#parentOf(path, where);
    if (parent === undefined) {
      throw new Fault(
        'FAILED_PRECONDITION',
        `patch: ${where}: the whole document can't be removed`,
        { field: 'patch', reason: 'PATCH_PATH' },
      );
    }
    const value = childOf(parent, step, where);
    if (Array.isArray(parent)) parent.splice(Number(step), 1);
    else parent.delete(step);
    this.#bytes -= Array.isArray(parent) ? ITEM_BYTES : memberBytes(step);
    return [value, parent];
  }

  /** The container of what the path leads to, to be changed in place, and the last step; nothing for the root. */
  #parentOf(path: Path, where: string): [OwnContainer, string] | [undefined, undefined] {
    const last = path.at(-1);
    if (last === undefined) return [undefined, undefined];
    let parent = this.#own(this.#root, this, where);
    this.#root = parent;
    for (const step of path.slice(0, -1)) {
      const child = this.#own(childOf(parent, step, where), parent, where);
      put(parent, step, child);
      parent = child;
    }
    return [parent, last];
  }

  #own(value: JsonValue, holder: object, where: string): OwnContainer {
    if (this.#isOwn(value, holder)) return value as OwnContainer;
    let copy: OwnContainer;
    if (isJsonArray(value)) copy = value.slice();
    else if (isJsonObject(value)) copy = new Map(value);
    else throw nothingThere(where);
    this.#copiedFor.set(copy, holder);
    return copy;
  }

  #isOwn(value: JsonValue, holder: object): boolean {
    if (typeof value !== 'object' || value === null) return false;
    return this.#copiedFor.get(value) === holder;
  }

  /** What is not this draft's own does not change, and is measured once. */
  #sizeOf(value: JsonValue, holder: object): number {
    if (!isContainer(value)) return sizeOf(value);
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    const size = sizeOf(value, (part) => this.#sizeOf(part, value));
    if (!this.#isOwn(value, holder)) this.#sizes.set(value, size);
    return size;
  }
}

function isContainer(value: JsonValue): value is Extract<JsonValue, object> {
  return isJsonArray(value) || isJsonObject(value);
}

function put(parent: OwnContainer, step: string, value: JsonValue): void {
  if (Array.isArray(parent)) parent[Number(step)] = value;
  else parent.set(step, value);
}
