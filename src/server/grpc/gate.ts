import { ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import type { WireClock } from '../handlers/wire.js';

/** Bounds on a call before it reaches its handler. */
export interface GateLimits {
  /** Names and values of a call's metadata. */
  readonly metadataBytes: number;
  /** How long the request of a call with one request may take to arrive. */
  readonly readTimeoutMs: number;
}

/** A call that is over: what was answered, and how long it took. */
export interface CallEnd {
  readonly path: string;
  /** A number of google.rpc.Code; undefined if the caller left before it was answered. */
  readonly code: number | undefined;
  readonly durationMs: number;
  /** Of the answers, as long as they are ours: see bind.ts. */
  readonly bytes: number;
}

/**
 * Sees every call of a known method from its headers to its end, also those that grpc-js itself
 * answers: too large, not to be decompressed, past its deadline.
 */
export function gate(
  limits: GateLimits,
  clock: WireClock,
  ended: (end: CallEnd) => void,
): ServerInterceptor {
  return (method, call) => {
    const startMs = clock.now();
    let code: number | undefined;
    let bytes = 0;
    let arrival: { cancel(): void } | undefined;
    // Wrapped in place: what grpc-js answers on its own does not pass through interceptors.
    const sendStatus = call.sendStatus.bind(call);
    call.sendStatus = (answer) => {
      code ??= answer.code;
      sendStatus(answer);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, deliver) => {
            if (metadataBytes(metadata) > limits.metadataBytes) {
              call.sendStatus(refusal(status.RESOURCE_EXHAUSTED, metadataTooLarge(limits)));
              return;
            }
            if (!method.requestStream) {
              arrival = clock.timer(limits.readTimeoutMs, () => {
                call.sendStatus(refusal(status.DEADLINE_EXCEEDED, requestTooSlow(limits)));
              });
            }
            deliver(metadata);
          },
          onReceiveHalfClose: (deliver) => {
            arrival?.cancel();
            deliver();
          },
          onCancel: () => {
            arrival?.cancel();
            ended({ path: method.path, code, bytes, durationMs: clock.now() - startMs });
          },
        });
      },
      sendMessage: (message: unknown, next) => {
        if (Buffer.isBuffer(message)) bytes += message.length;
        next(message);
      },
    });
  };
}

function refusal(
  code: status,
  details: string,
): { readonly code: status; readonly details: string; readonly metadata: null } {
  return { code, details, metadata: null };
}

function metadataTooLarge({ metadataBytes }: GateLimits): string {
  return `the metadata has more than ${metadataBytes} bytes`;
}

function requestTooSlow({ readTimeoutMs }: GateLimits): string {
  return `the request did not arrive within ${readTimeoutMs} ms`;
}

function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) bytes += name.length + value.length;
  }
  return bytes;
}
