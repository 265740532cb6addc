/**
 * How far a watch has come, over all its streams. Several items can have one revision; a stream that was cut between
 * them is resumed before that revision, and what was told of it is not told again.
 */
export class Progress {
  /** Everything up to here was told. */
  #after: number;
  #revision = 0;
  #toldOfRevision = 0;
  /** Over the present stream. */
  #seenOfRevision = 0;

  constructor(fromRevision: number) {
    this.#after = fromRevision;
  }

  /** Where the next stream begins; 0: with the state of now. */
  resumeAfter(): number {
    this.#seenOfRevision = 0;
    return this.#after;
  }

  /** History is gone: the next stream begins with the state of now. */
  forget(): void {
    this.#after = 0;
    this.#revision = 0;
    this.#toldOfRevision = 0;
  }

  /** Counts an item. A state is always new, and nothing else of its revision follows. @returns whether to tell it. */
  isNew(revision: number, isState: boolean): boolean {
    if (isState) {
      this.#after = revision;
      this.#revision = revision;
      this.#toldOfRevision = 0;
      this.#seenOfRevision = 0;
      return true;
    }
    // Revisions never fall: of several documents of one revision all but the last have the one before, and come again with it.
    if (revision < this.#revision) return false;
    if (revision > this.#revision) {
      this.#after = Math.max(revision - 1, 0);
      this.#revision = revision;
      this.#toldOfRevision = 0;
      this.#seenOfRevision = 0;
    }
    this.#seenOfRevision += 1;
    if (this.#seenOfRevision <= this.#toldOfRevision) return false;
    this.#toldOfRevision = this.#seenOfRevision;
    return true;
  }
}
