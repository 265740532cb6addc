import { constants } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { WireClock } from '../handlers/wire.js';

/** What nghttp2 allows a connection, before it ends it with all calls: so many resets, and so many more a second. */
const BURST = 1000;
const PER_SECOND = 33;
/** Resets that may come in before we have counted those before them. */
const RESERVE = 100;
/** The last stream that a GOAWAY can name: what is under way goes on, and what comes still is taken (RFC 9113, 6.8). */
const ANY_STREAM = 2 ** 31 - 1;

/**
 * Asks a caller that cancels many calls to go on over another connection, before nghttp2 takes it for an attacker
 * (CVE-2023-44487) and ends the connection with all other calls on it. Who was asked and goes on for as many again is one.
 * Node.js 20 has no option for nghttp2's budget; once we have sent a GOAWAY, nghttp2 counts no longer.
 */
export function guardResets(session: ServerHttp2Session, clock: WireClock): void {
  let left = BURST;
  let countedAtMs = clock.now();
  let openStreams = 0;
  /** Of who was asked: all that are open may be cancelled now. */
  let leftAfterwards: number | undefined;

  const refill = (): void => {
    const nowMs = clock.now();
    left = Math.min(BURST, left + ((nowMs - countedAtMs) * PER_SECOND) / 1000);
    countedAtMs = nowMs;
  };
  const count = (): void => {
    refill();
    left -= 1;
    if (session.destroyed) return;
    if (leftAfterwards !== undefined) {
      leftAfterwards -= 1;
      if (leftAfterwards < 0) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (left < openStreams + RESERVE) {
      leftAfterwards = BURST + openStreams;
      session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
    }
  };

  session.on('stream', (stream: ServerHttp2Stream) => {
    openStreams += 1;
    stream.once('close', () => {
      openStreams -= 1;
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) count();
    });
  });
}
