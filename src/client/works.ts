import { AsyncLocalStorage } from 'node:async_hooks';

/** The work of `withLock` and `lead` that goes on now, each under a lock of its own, which is only told apart here. */
export class Works {
  readonly #underWay = new Map<object, Promise<void>>();
  /** The locks under whose work the present code runs. */
  readonly #around = new AsyncLocalStorage<readonly object[]>();

  async run<T>(lock: object, work: () => Promise<T> | T): Promise<T> {
    let ended = (): void => undefined;
    this.#underWay.set(
      lock,
      new Promise((resolve) => {
        ended = resolve;
      }),
    );
    try {
      const around = [...(this.#around.getStore() ?? []), lock];
      return await this.#around.run(around, async () => work());
    } finally {
      this.#underWay.delete(lock);
      ended();
    }
  }

  /** Whether any goes on. */
  get areUnderWay(): boolean {
    return this.#underWay.size > 0;
  }

  /** Resolves when the work under the lock has ended; undefined if there is none. */
  endOf(lock: object): Promise<void> | undefined {
    return this.#underWay.get(lock);
  }

  /** Whether this is called from within the work under the lock, by whatever way, before that has ended. */
  isWithin(lock: object): boolean {
    return this.#underWay.has(lock) && this.#around.getStore()?.includes(lock) === true;
  }
}
