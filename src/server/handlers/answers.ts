/**
 * Answers each request of a stream as soon as it can, at most `limit` at a time: answers that nobody has
 * taken yet count too, so that a caller who does not read is not read from.
 * The first failure, of reading or of answering, ends the stream.
 */
export async function* answersTo<Request, Answer>(
  requests: AsyncIterable<Request>,
  limit: number,
  answer: (request: Request) => Promise<Answer>,
): AsyncGenerator<Answer> {
  const state: State<Answer> = { ready: [], underWay: 0, reading: true, changed: new Changes() };
  void readAll(requests, limit, answer, state);
  for (;;) {
    const next = state.ready.shift();
    if (next?.ok === false) throw next.error;
    if (next !== undefined) {
      yield next.answer;
      state.underWay--;
      state.changed.announce();
    } else if (!state.reading && state.underWay === 0) {
      return;
    } else {
      await state.changed.next();
    }
  }
}

type Result<Answer> =
  { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly error: unknown };

interface State<Answer> {
  readonly ready: Result<Answer>[];
  /** Requests that were read, and whose answer was not taken. */
  underWay: number;
  reading: boolean;
  readonly changed: Changes;
}

/** Never rejects: a failure is put among the results. */
async function readAll<Request, Answer>(
  requests: AsyncIterable<Request>,
  limit: number,
  answer: (request: Request) => Promise<Answer>,
  state: State<Answer>,
): Promise<void> {
  const settle = (result: Result<Answer>): void => {
    state.ready.push(result);
    state.changed.announce();
  };
  try {
    for await (const request of requests) {
      state.underWay++;
      answer(request).then(
        (answered) => settle({ ok: true, answer: answered }),
        (error: unknown) => settle({ ok: false, error }),
      );
      while (state.underWay >= limit) await state.changed.next();
    }
  } catch (error) {
    settle({ ok: false, error });
  }
  state.reading = false;
  state.changed.announce();
}

/** Wakes everybody who waits for the next change. */
class Changes {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
