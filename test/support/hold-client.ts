import type { Json, WireClient } from './wire-client.js';

/** An event of Hold, and when it came, on the clock that all processes of the machine share. */
export interface ToldEvent {
  readonly kind: string;
  readonly body: Json;
  readonly atMs: number;
}

export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** A stream that holds a lock, and remembers what it was told. */
export class HoldClient {
  readonly events: ToldEvent[] = [];
  /** Undefined, or what the stream failed with. */
  readonly ended: Promise<unknown>;
  readonly #hangUp = new AbortController();
  readonly #closing = new AbortController();
  readonly #onEvent: (event: ToldEvent) => void;
  #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(
    client: WireClient,
    request: Json,
    onEvent: (event: ToldEvent) => void = () => undefined,
  ) {
    this.#onEvent = onEvent;
    this.ended = this.#read(client, request).catch((error: unknown) => error);
  }

  /** The first event of the kind, as soon as it is there. @throws Error if the stream ends without it. */
  async told(kind: string): Promise<ToldEvent> {
    for (;;) {
      const event = this.events.find((candidate) => candidate.kind === kind);
      if (event !== undefined) return event;
      if (this.#hasEnded) throw new Error(`not told ${kind}: ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** In order, without signs of life. */
  get kinds(): string[] {
    return this.events.map(({ kind }) => kind).filter((kind) => kind !== 'alive');
  }

  close(): void {
    this.#closing.abort();
  }

  async hangUp(): Promise<void> {
    this.#hangUp.abort();
    await this.ended;
  }

  async #read(client: WireClient, request: Json): Promise<void> {
    try {
      const events = client.hold(request, this.#hangUp.signal, this.#closing.signal);
      for await (const message of events) {
        const [[kind, body] = ['nothing', null]] = Object.entries(message).filter(
          ([, value]) => value !== null,
        );
        const event = { kind, body: body as Json, atMs: nowMs() };
        this.events.push(event);
        this.#onEvent(event);
        this.#wake();
      }
    } finally {
      this.#hasEnded = true;
      this.#wake();
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
