import type { Clock, Timer } from '../../clock/clock.js';
import type { TokenSource } from '../tokens/token-source.js';

const LOOK_EVERY_MS = 10_000;

/** A stream that is open, and was opened with a token. */
export interface ShownStream {
  readonly token: string | undefined;
  show(token: string): void;
}

/** Shows a fresh token on the streams that are open, before the one that they were opened with ends: also where nothing is asked over them for long. */
export class FreshTokens {
  readonly #clock: Clock;
  readonly #tokens: TokenSource;
  readonly #open: () => readonly ShownStream[];
  #timer: Timer | undefined;

  constructor(clock: Clock, tokens: TokenSource, open: () => readonly ShownStream[]) {
    this.#clock = clock;
    this.#tokens = tokens;
    this.#open = open;
  }

  /** As long as any is open. */
  start(): void {
    this.#timer ??= this.#clock.timer(LOOK_EVERY_MS, () => {
      this.#timer = undefined;
      const open = this.#open();
      if (open.length === 0) return;
      const token = this.#tokens.latest();
      for (const stream of open) {
        if (token !== undefined && token !== stream.token) stream.show(token);
      }
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
