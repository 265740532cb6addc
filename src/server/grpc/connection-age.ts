import { constants } from 'node:http2';
import type { ServerHttp2Session } from 'node:http2';
import { withJitter } from '../../tcp/jitter.js';
import type { WireClock } from '../handlers/wire.js';

/** In milliseconds. */
export interface AgeLimits {
  /** 0: a connection may become as old as it likes. */
  readonly maxAgeMs: number;
  /** How long calls may go on over a connection that is too old; 0: until they end. */
  readonly ageGraceMs: number;
}

export interface AgeEvents {
  /** It is too old: nothing new should begin over it. */
  retired(): void;
  /** The grace is over: ends the calls that are under way. */
  endCalls(): void;
}

/** The last stream that a GOAWAY can name: calls that come before the caller reads it are taken. */
const ANY_STREAM = 2 ** 31 - 1;
/** How long calls that are ended may take to send their status. */
const STATUS_MS = 500;

/**
 * Asks a caller to go on over a new connection when this one is too old, so that a load balancer can send it elsewhere.
 */
export function limitAge(
  session: ServerHttp2Session,
  clock: WireClock,
  { maxAgeMs, ageGraceMs }: AgeLimits,
  events: AgeEvents,
): void {
  if (maxAgeMs === 0) return;
  const end = (): void => {
    events.endCalls();
    timer = clock.timer(STATUS_MS, () => session.destroy());
  };
  const retire = (): void => {
    // It may be going already.
    if (session.closed || session.destroyed) return;
    session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
    session.close();
    events.retired();
    if (ageGraceMs > 0) timer = clock.timer(ageGraceMs, end);
  };
  let timer = clock.timer(withJitter(maxAgeMs), retire);
  session.once('close', () => timer.cancel());
}
