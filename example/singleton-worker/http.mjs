// An app of which only one instance works, with nothing but HTTP: so it is done in any language.
//
// /lease and /keepalive are the routes of the original shared-lock. Three more of this one make it safe and quick: one
// shows our fencing token, one writes with it, one gives the lease back.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const NAME = 'singleton-worker';
const INTERVAL_MS = 1000;
const { SHARED_LOCK_URL = 'http://localhost:8080', TTL_SECONDS = '10' } = process.env;
// With a token in it, for a daemon that wants to know who calls.
const { SHARED_LOCK_TOKEN_FILE } = process.env;

// The TTL is how long the others wait if we vanish. We ask for renewal three times in it, and count the lock as lost
// somewhat before it is over, since clocks drift.
const TTL_MS = 1000 * Number(TTL_SECONDS);
const RENEW_MS = Math.round(TTL_MS / 3);
const MARGIN_MS = TTL_MS / 5;

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());

say('waits for its turn');
while (!stop.signal.aborted) {
  try {
    const lease = await take();
    if (lease !== undefined) {
      await workUnder(lease);
      if (!stop.signal.aborted) say('waits for its turn');
    }
  } catch (error) {
    // No daemon may be there for a while: that is no reason to die.
    say(`trouble, will try again: ${(error.cause?.message ?? error.message).trim()}`);
  }
  // /lease does not queue: who does not get the lock asks again. (/v1/locks/NAME:acquire can wait in order.)
  await pause(INTERVAL_MS, stop.signal);
}

/**
 * Asks for the lock. undefined: somebody else holds it. If the answer never comes the lock may be ours without our
 * knowing: it comes free by itself when the TTL is over.
 */
async function take() {
  // What we got counts from when we asked, not from when we heard of it. And never by a clock that can be set.
  const askedAtMs = performance.now();
  // Stored with the lock, so that we can find ourselves below. New each time: no earlier try of ours can match.
  const value = `${hostname()}:${process.pid} ${randomUUID()}`;
  const answer = await post('/lease', { key: NAME, value }, { 'x-lease-ttl': `${TTL_SECONDS}s` });
  if (answer.status === 202) return undefined;
  if (answer.status !== 201) throw new Error(`/lease answers ${answer.status} ${answer.text}`);
  // Whoever has the lease's ID can renew it and end it. It is not printed.
  const lease = { id: answer.text, token: '', lostAtMs: askedAtMs + TTL_MS - MARGIN_MS };

  // /lease says nothing of the fencing token, so we look who holds the lock. That may be somebody else by now, whose
  // token we must not take for ours: only with our value is it us.
  const lock = JSON.parse((await call('GET', `/v1/locks/${NAME}`)).text);
  const us = lock.holders.find((holder) => holder.value === value);
  if (us === undefined) return undefined;
  return { ...lease, token: us.fencingToken };
}

/** Works, and renews meanwhile. */
async function workUnder(lease) {
  const done = new AbortController();
  const renewing = renew(lease, done.signal);
  try {
    await work(lease);
  } finally {
    done.abort();
    await renewing;
    // Given back, the next need not wait for the TTL. The original has no such route: there it waits.
    if (isHeld(lease)) await call('DELETE', `/v1/leases/${lease.id}`);
    else await writeTooLate(lease);
  }
}

/** The work of the one instance. Returns with a stop, or when it may not go on. */
async function work(lease) {
  // Looks at the clock each time, so it knows also when this process was paused just now.
  while (!stop.signal.aborted && isHeld(lease)) {
    // We may still be paused right here, for longer than the TTL. Then only the fence keeps us from writing.
    const answer = await write(lease);
    if (answer.status !== 200) throw new Error(`the write is refused: ${answer.text}`);
    say(`works: token ${lease.token}, count ${JSON.parse(answer.text).value}`);
    await pause(INTERVAL_MS, stop.signal);
  }
}

/** As long as it is of use. Only 200 and 204 say something about the lease; for all else there is the clock. */
async function renew(lease, done) {
  let askedAtMs = performance.now();
  while (!done.aborted) {
    // From one request to the next, however long the answer took: a lost one must leave time for another.
    await pause(Math.max(0, askedAtMs + RENEW_MS - performance.now()), done);
    if (done.aborted || !isHeld(lease)) return;
    askedAtMs = performance.now();
    const { status } = await post('/keepalive', lease.id).catch(() => ({ status: 'no answer' }));
    if (status === 200) lease.lostAtMs = askedAtMs + TTL_MS - MARGIN_MS;
    if (status === 204) lease.lostAtMs = -Infinity;
  }
}

function isHeld(lease) {
  return performance.now() < lease.lostAtMs;
}

/** Adds one, if in that very moment the token is still the holder's. The id: should it come twice, it counts once. */
function write({ token }) {
  const fence = { lock: NAME, token };
  return post(`/v1/counters/${NAME}:add`, { delta: '1', fence, requestId: randomUUID() });
}

/** Only to show that the fence holds: what would happen had we not noticed. A real app just stops. */
async function writeTooLate(lease) {
  say('has lost the lock');
  const { status, text } = await write(lease);
  const outcome =
    status === 200
      ? 'accepted, nobody else has had the lock yet'
      : `refused, ${JSON.parse(text).details?.[0]?.reason ?? text}`;
  say(`too late: token ${lease.token}, ${outcome}`);
}

function post(path, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call('POST', path, text, { 'content-type': 'application/json', ...headers });
}

/** No answer may be waited for longer than it is of use. */
async function call(method, path, body, more) {
  const signal = AbortSignal.timeout(RENEW_MS);
  const headers = { ...more, ...(await credentials()) };
  const answer = await fetch(SHARED_LOCK_URL + path, { method, body, headers, signal });
  return { status: answer.status, text: await answer.text() };
}

/** Read each time: it may be replaced while we hold the lock. */
async function credentials() {
  if (!SHARED_LOCK_TOKEN_FILE) return {};
  const token = (await readFile(SHARED_LOCK_TOKEN_FILE, 'utf8')).trim();
  return { authorization: `Bearer ${token}` };
}

/** So long, or until the signal. */
async function pause(ms, signal) {
  await sleep(ms, undefined, { signal }).catch(() => {
    // Cut short: who asks the signal next finds out.
  });
}

function say(what) {
  console.log(`${process.pid} ${what}`);
}
