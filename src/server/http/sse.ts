import { remembered } from '../../core/remembered.js';
import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { writeMessage } from '../../protocol/json/write-message.js';
import { statusJson, statusOf } from '../../protocol/status.js';
import type { Message } from '../handlers/call.js';
import type { WireOptions } from '../handlers/wire.js';
import type { Exchange } from './exchange.js';

/** So often a stream without news writes a comment, so that proxies and callers know that it lives. */
const HEARTBEAT_MS = 15_000;

const HEARTBEAT = Buffer.from(':\n\n');

/** A reader that takes nothing for so long is gone. */
const STALL_MS = 60_000;

/** A message as an event's bytes. */
export type EventText = (message: Message) => Buffer;

/**
 * Sends a stream as server-sent events: each message is one event, its revision the event's id. A fault ends
 * it as an event `error`. Reads no further message before the caller has taken the last one.
 */
export async function sendEvents(
  exchange: Exchange,
  messages: AsyncIterable<Message>,
  textOf: EventText,
  options: Pick<WireOptions, 'descriptors' | 'clock' | 'observer'>,
): Promise<void> {
  const { response, scope } = exchange;
  const stream = new EventStream(exchange, options);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    // A connection that would wait for another request after the stream would keep a daemon from stopping.
    connection: 'close',
  });
  response.flushHeaders();
  stream.startHeartbeat();
  try {
    for await (const message of messages) {
      if (scope.cause !== undefined) break;
      const text = textOf(message);
      // To hand a megabyte to the system takes as long as most requests, and many may watch the same.
      const turn = exchange.turnToSend(text.length);
      if (turn !== undefined) await turn;
      const refusal = exchange.answerRefusal(text.length);
      if (refusal !== undefined) throw refusal;
      await stream.write(text);
    }
    if (scope.cause !== undefined) throw scope.cause;
  } catch (error) {
    const status = statusOf(scope.cause ?? error, options.observer.defect);
    exchange.trouble = status;
    const text = `event: error\ndata: ${statusJson(options.descriptors, status)}\n\n`;
    await stream.write(Buffer.from(text));
  }
  response.end();
}

/**
 * How the messages of a method are written as events. Many who watch the same are given the same messages: the text of each
 * is made once, and its bytes are one and the same in what waits for all readers.
 */
export function eventTextOf({ response }: MethodDescriptor): EventText {
  return remembered((message: Message) => {
    const revision: unknown = 'revision' in message ? message.revision : undefined;
    const hasId = typeof revision === 'number' || typeof revision === 'string';
    const id = hasId ? `id: ${revision}\n` : '';
    return Buffer.from(`${id}data: ${writeMessage(response, message)}\n\n`);
  });
}

class EventStream {
  readonly #exchange: Exchange;
  readonly #clock: WireOptions['clock'];

  constructor(exchange: Exchange, { clock }: Pick<WireOptions, 'clock'>) {
    this.#exchange = exchange;
    this.#clock = clock;
  }

  startHeartbeat(): void {
    const { response } = this.#exchange;
    const timer = this.#clock.timer(HEARTBEAT_MS, () => {
      if (response.writableEnded || response.destroyed) return;
      if (!response.writableNeedDrain) this.#send(HEARTBEAT);
      response.off('close', cancel);
      this.startHeartbeat();
    });
    const cancel = (): void => timer.cancel();
    response.once('close', cancel);
  }

  /** Resolves when more can be written; at once if nobody is there to read. */
  write(text: Buffer): Promise<void> {
    const { response } = this.#exchange;
    if (response.destroyed || this.#send(text)) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = this.#clock.timer(STALL_MS, () => response.destroy());
      const done = (): void => {
        stalled.cancel();
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.once('drain', done);
      response.once('close', done);
    });
  }

  #send(text: Buffer): boolean {
    this.#exchange.bytes += text.length;
    this.#exchange.buffer(text.length);
    return this.#exchange.response.write(text, () => this.#exchange.taken(text.length));
  }
}
