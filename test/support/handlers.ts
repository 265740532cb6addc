import { serverStream, unary } from '../../src/server/handlers/call.js';
import type { Call, Handler } from '../../src/server/handlers/call.js';

const MANY = 3000;

/** A unary handler that has not answered yet. */
export interface PendingHandler {
  readonly handler: Handler;
  /** Undefined until it was called. */
  readonly call: Call | undefined;
  finish(response: object): void;
}

/** @param onAbort what it throws when its call is aborted; without it, it takes no notice of that. */
export function pendingHandler(onAbort?: (call: Call) => Error): PendingHandler {
  let its: { readonly call: Call; readonly finish: (response: object) => void } | undefined;
  return {
    handler: unary(
      (_request: never, call) =>
        new Promise<object>((resolve, reject) => {
          its = { call, finish: resolve };
          if (onAbort === undefined) return;
          call.signal.addEventListener('abort', () => reject(onAbort(call)));
        }),
    ),
    get call() {
      return its?.call;
    },
    finish: (response) => its?.finish(response),
  };
}

/** A stream of many large messages, as fast as they are taken. */
export function manyMessages(): { readonly handler: Handler; readonly made: number } {
  let made = 0;
  async function* many(): AsyncGenerator<object> {
    while (made < MANY) {
      made++;
      yield await Promise.resolve({ holder: { value: 'x'.repeat(60_000) } });
    }
  }
  return {
    handler: serverStream(() => Promise.resolve(many())),
    get made() {
      return made;
    },
  };
}
