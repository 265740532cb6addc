/** Gives out as much as its rate allows in the long run, and at once what has gathered, up to `burst`. */
export class Bucket {
  readonly #ratePerMs: number;
  readonly #burst: number;
  #left: number;
  #atMs: number;

  constructor(rate: number, burst: number, nowMs: number) {
    this.#ratePerMs = rate / 1000;
    this.#burst = burst;
    this.#left = burst;
    this.#atMs = nowMs;
  }

  /** Takes one. @returns 0, or, with nothing taken, in how many milliseconds there will be one. */
  take(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#left < 1) return (1 - this.#left) / this.#ratePerMs;
    this.#left--;
    return 0;
  }

  /** As good as a new one. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#left >= this.#burst;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#left = Math.min(this.#burst, this.#left + passedMs * this.#ratePerMs);
    this.#atMs = nowMs;
  }
}
