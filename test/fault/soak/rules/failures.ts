import { SOAK, type Call, type Failure, type SoakEvent, type Violation } from '../events.js';
import type { Operation, Timeline } from '../timeline.js';

/** Codes that any call may end with, as SharedLockError documents them, as far as a soak can cause them. */
const ANY: readonly string[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'];
/** Classes and codes that some calls may end with beside those. */
const ALSO: Partial<Record<Call, readonly string[]>> = {
  acquire: ['NotAcquiredError'],
  withLock: ['NotAcquiredError', 'LockLostError'],
  campaign: ['NotAcquiredError'],
  lead: ['NotAcquiredError'],
  'session.acquire': ['NotAcquiredError', 'LeaseLostError'],
  confirm: ['LockLostError'],
  proclaim: ['LockLostError', 'FAILED_PRECONDITION'],
  add: ['FAILED_PRECONDITION'],
  put: ['FAILED_PRECONDITION'],
  get: ['NOT_FOUND'],
};
/** What only the transport says, and no user can do anything with. */
const RAW =
  /RST_STREAM|GOAWAY|HTTP\/?2|Channel closed|Call ended|[Ss]ession closed|ECONN|EPIPE|write after end/;
/** So long after a fault has ended calls may still feel it: connections are made anew, etcd elects a leader. */
const RECOVERY_MS = 12_000;

/** Whatever is thrown is documented for that call, in words that its caller can use. */
export function errorsAreDocumented(timeline: Timeline): Violation[] {
  return [...timeline.operations.values()].flatMap((operation) => {
    const { begin, end } = operation;
    const error = end?.error;
    if (end === undefined || error === undefined || isDocumented(timeline, operation, error))
      return [];
    const { name, code, message } = error;
    return {
      rule: 'errors are documented',
      message: `${begin.call} of ${begin.thing} by ${begin.who} ended with ${name} ${code ?? ''}: ${message}`,
      events: [begin, end],
    };
  });
}

/** A watch ends by itself only when no daemon could be reached for too long, or its client was closed. */
export function watchesEndForReasons(timeline: Timeline): Violation[] {
  return [...timeline.watches.values()].flatMap(({ begin, end }) => {
    const error = end?.error;
    if (end === undefined || error === undefined) return [];
    const isFine = error.name === 'SharedLockError' && !isRaw(error);
    if (isFine && ANY.includes(error.code ?? '')) return [];
    if (isFine && error.code === 'CANCELLED' && isClosing(timeline, begin)) return [];
    return {
      rule: 'errors are documented',
      message: `a watch of ${begin.thing} by ${begin.who} ended with ${error.name} ${error.code ?? ''}: ${error.message}`,
      events: [begin, end],
    };
  });
}

/** A call that was cancelled had a signal that aborted. */
export function onlySignalsCancel(timeline: Timeline): Violation[] {
  return [...timeline.operations.values()].flatMap(({ begin, cancel, end }) =>
    end?.outcome === 'cancelled' && cancel === undefined
      ? {
          rule: 'errors are documented',
          message: `${begin.call} of ${begin.thing} ended as if its signal had aborted`,
          events: [begin, end],
        }
      : [],
  );
}

/** Nothing fails, and nothing is lost, where nothing was broken. */
export function failuresHaveCauses(timeline: Timeline): Violation[] {
  const failed = [...timeline.operations.values()].flatMap(({ begin, end }) =>
    end?.error !== undefined &&
    ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(end.error.code ?? '') &&
    end.error.name !== 'NotAcquiredError' &&
    !isDisturbed(timeline, begin.who, begin.at, end.at)
      ? {
          rule: 'failures have causes',
          message: `${begin.call} of ${begin.thing} by ${begin.who} failed while nothing was broken`,
          events: [begin, end],
        }
      : [],
  );
  const lost = [...timeline.holds.values()].flatMap(({ granted, lost, aborted, yielded }) =>
    lost !== undefined &&
    yielded === undefined &&
    !isDisturbed(timeline, granted.who, granted.at - granted.ttlMs, lost.at)
      ? {
          rule: 'failures have causes',
          message: `${granted.thing} was lost to ${granted.who} while nothing was broken`,
          events: [granted, ...(aborted === undefined ? [] : [aborted]), lost],
        }
      : [],
  );
  return [...failed, ...lost];
}

/** A process of the soak ends by itself only when it is told to, and throws nothing where nobody hears it. */
export function processesLive(timeline: Timeline): Violation[] {
  const exits = timeline.all('exited').filter(({ expected, how }) => !expected && how !== '0');
  return [...exits, ...timeline.all('crashed')].map((event) => ({
    rule: 'processes live',
    message:
      event.kind === 'crashed'
        ? `an error that nobody heard in ${event.who}: ${event.error.name} ${event.error.message}`
        : `${event.process} ended with ${event.how}`,
    events: [event],
  }));
}

/** When all is over there are no locks, waiters, leases, places or watches, and no daemon has grown. */
export function nothingIsLeft(timeline: Timeline): Violation[] {
  return timeline
    .all('left')
    .filter(({ count, atMost }) => count > atMost)
    .map((event) => ({
      rule: 'nothing is left',
      message: `${event.what}: ${event.count}, at most ${event.atMost}`,
      events: [event],
    }));
}

function isDocumented(timeline: Timeline, { begin }: Operation, error: Failure): boolean {
  const { name, code = '' } = error;
  if (isRaw(error)) return false;
  if (ALSO[begin.call]?.includes(name) === true) return true;
  if (name !== 'SharedLockError') return false;
  if (code === 'CANCELLED') return isClosing(timeline, begin);
  // A session, or a lock, of a client that was closed.
  if (code === 'FAILED_PRECONDITION' && isClosing(timeline, begin)) return true;
  return ANY.includes(code) || ALSO[begin.call]?.includes(code) === true;
}

/** The address of a daemon that does not answer is told together with what the system said. */
function isRaw({ message }: Failure): boolean {
  return RAW.test(message) && !message.startsWith('no daemon answers at');
}

function isClosing(timeline: Timeline, { who, at }: SoakEvent): boolean {
  return [...timeline.operations.values()].some(
    ({ begin, end }) => begin.call === 'close' && begin.who === who && (end?.at ?? Infinity) >= at,
  );
}

/** Whether a fault, or a stall of the process or the machine, can have been felt in that span. */
function isDisturbed(timeline: Timeline, who: string, from: number, to: number): boolean {
  const isBroken = timeline
    .all('fault')
    .some(({ at, ms }) => at <= to && at + ms + RECOVERY_MS >= from);
  if (isBroken) return true;
  return timeline.stalledMs(who, from, to) + timeline.stalledMs(SOAK, from, to) > NOTABLE_STALL_MS;
}

/** A stall that a short TTL, or a deadline, may not survive. */
const NOTABLE_STALL_MS = 300;
