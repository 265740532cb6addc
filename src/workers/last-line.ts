import type { Socket } from 'node:net';

/** Longer lines are cut. */
const MAX_LENGTH = 200;

/** The last line that a process said. */
export class LastLine {
  #text = '';
  #unfinished = '';

  get text(): string {
    return this.#text;
  }

  /** Reads all that comes, without keeping the process alive. */
  follow(source: Socket): void {
    source.unref();
    // What cuts it off ends the process too.
    source.on('error', () => undefined);
    source.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  forget(): void {
    this.#text = '';
  }

  #take(chunk: string): void {
    const lines = (this.#unfinished + chunk).split('\n');
    this.#unfinished = (lines.pop() ?? '').slice(0, MAX_LENGTH);
    const last = lines.findLast((line) => line.trim() !== '');
    if (last !== undefined) this.#text = last.slice(0, MAX_LENGTH);
  }
}
