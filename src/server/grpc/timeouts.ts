import type { Http2Server, IncomingHttpHeaders } from 'node:http2';
import type { Metadata } from '@grpc/grpc-js';

/** How the gate is told of a timeout that could not be read; whatever a caller sends under this name is dropped. */
const UNREADABLE = 'x-unreadable-grpc-timeout';

/** As the protocol has it: at most 8 digits and a unit. */
const WELL_FORMED = /^(\d{1,8})([HMSmun])$/;
/** Of the units in which 8 digits can be too long; in milliseconds. */
const LONG_UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000 };
/** The longest delay of a timer of Node.js, about 25 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Reads the `grpc-timeout` of each call before grpc-js does, which cuts longer ones than 24 days to 32 bits, so that they are over at
 * once, and answers INTERNAL to what is none. A long one is left to the caller, who ends the call when it is over.
 */
export function readTimeouts(server: Http2Server): void {
  server.prependListener('stream', (_, headers: IncomingHttpHeaders) => {
    delete headers['x-unreadable-grpc-timeout'];
    const timeout = headers['grpc-timeout'];
    if (timeout === undefined) return;
    const [, digits, unit = ''] = WELL_FORMED.exec(String(timeout)) ?? [];
    if (digits === undefined) headers[UNREADABLE] = 'true';
    else if (Number(digits) * (LONG_UNITS[unit] ?? 0) <= MAX_TIMER_MS) return;
    delete headers['grpc-timeout'];
  });
}

/** Whether the caller sent a timeout that is none. */
export function hasUnreadableTimeout(metadata: Metadata): boolean {
  return metadata.get(UNREADABLE).length > 0;
}

export const UNREADABLE_TIMEOUT =
  'grpc-timeout: must be 1 to 8 digits and a unit, which is H, M, S, m, u or n: 30S is 30 seconds';
