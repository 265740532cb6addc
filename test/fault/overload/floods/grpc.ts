import { encode, frame, openCall } from '../../../e2e/raw-grpc.js';
import { pause, type Flood, type Flooding } from '../flood.js';

const HOLD = '/sharedlock.v1.LockService/Hold';
const KEEP_ALIVE_STREAM = '/sharedlock.v1.LeaseService/KeepAliveStream';
const MEBIBYTE = 1024 * 1024;

/** Opens connections again and again, each with as many streams as it has room for. */
async function streams(
  on: Flooding,
  sessions: number,
  perSession: number,
  begin: (stream: ReturnType<typeof openCall>) => void,
): Promise<void> {
  await on.repeat(sessions, async (index) => {
    const session = on.session();
    for (let n = 0; n < perSession; n++) {
      const stream = openCall(session, (index + n) % 2 === 0 ? HOLD : KEEP_ALIVE_STREAM);
      stream.resume();
      begin(stream);
      on.count++;
      // In pieces, so that all sessions get on.
      if (n % 100 === 99) await pause(1);
    }
    await new Promise((resolve) => session.once('close', resolve));
  });
}

/** Streams on which no message comes. */
export const silentStreams: Flood = (on) => streams(on, 5, 1000, () => undefined);

/** Messages that do not come to an end. */
export const unendingMessages: Flood = (on) => {
  const first = frame(Buffer.alloc(MEBIBYTE), false, 4 * MEBIBYTE - 1);
  const more = Buffer.alloc(MEBIBYTE);
  return streams(on, 4, 50, (stream) => {
    for (const part of [first, more, more]) stream.write(part);
  });
};

/** Calls that are cancelled as soon as they are made. */
export const cancelledCalls: Flood = async (on) => {
  const body = frame(encode('GetLockRequest', { name: 'many1' }));
  await on.repeat(4, async () => {
    const session = on.session();
    while (!session.closed && !session.destroyed && !on.isOver) {
      for (let n = 0; n < 50; n++) {
        const stream = openCall(session, '/sharedlock.v1.LockService/GetLock');
        stream.end(body);
        stream.close(8);
        on.count++;
      }
      await pause(5);
    }
    session.destroy();
  });
};

const WAITERS = 900;

/** Thousands who wait for locks, and leave all at once. */
export const leavers: Flood = async (on) => {
  await on.repeat(1, async () => {
    const sessions = Array.from({ length: 5 }, () => on.session());
    const waits = sessions.map((_, index) =>
      encode('AcquireRequest', { name: `many${index * 16 + 3}`, wait: { seconds: 60 } }),
    );
    for (let n = 0; n < WAITERS; n++) {
      for (const [index, session] of sessions.entries()) {
        void on.call(session, 'LockService/Acquire', waits[index] ?? Buffer.alloc(0));
      }
      // In pieces, so that other floods get on.
      if (n % 30 === 29) await pause(1);
    }
    await pause(1000);
    for (const session of sessions) session.destroy();
  });
};
