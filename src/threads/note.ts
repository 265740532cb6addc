/** Longer notes are cut. */
const MAX_UNITS = 120;

/**
 * A line that a thread leaves in shared memory about what it is at, so that it can be read while the thread is too busy to
 * answer, and after it was ended.
 */
export class Note {
  readonly memory: SharedArrayBuffer;
  readonly #units: Uint16Array;

  constructor(memory = new SharedArrayBuffer(2 * (MAX_UNITS + 1))) {
    this.memory = memory;
    this.#units = new Uint16Array(memory);
  }

  write(text: string): void {
    const length = Math.min(text.length, MAX_UNITS);
    for (let i = 0; i < length; i++) this.#units[i + 1] = text.charCodeAt(i);
    this.#units[0] = length;
  }

  read(): string {
    const [length = 0, ...units] = this.#units;
    return String.fromCharCode(...units.slice(0, length)).toWellFormed();
  }
}
