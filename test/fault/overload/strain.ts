import { readFileSync, writeFileSync } from 'node:fs';

const TICK_MS = 10;

/**
 * How long a machine kept this process, and the main thread of another one, waiting for a processor: what an answer took beyond that is
 * the daemon's. Linux only.
 */
export class Starvation {
  readonly #schedstat: string;
  readonly #timer: NodeJS.Timeout;
  #ownMs = 0;
  #lastMs = performance.now();

  constructor(pid: number) {
    this.#schedstat = `/proc/${pid}/task/${pid}/schedstat`;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Since ever; a difference of two tells of the time between. */
  get ms(): number {
    this.#tick();
    return this.#ownMs + this.otherMs;
  }

  /** Of the other process alone. */
  get otherMs(): number {
    return Number(readFileSync(this.#schedstat, 'utf8').split(' ')[1]) / 1e6;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#ownMs += Math.max(0, now - this.#lastMs - 2 * TICK_MS);
    this.#lastMs = now;
  }
}

const MEBIBYTE_IN_KB = 1024;

/** The memory of another process. Linux only. */
export class PeakMemory {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** From now on. */
  begin(): void {
    writeFileSync(`/proc/${this.#pid}/clear_refs`, '5');
  }

  /** Since `begin`. */
  get mebibytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / MEBIBYTE_IN_KB;
  }
}
