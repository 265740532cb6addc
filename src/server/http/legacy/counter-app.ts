import { invalid, isFault } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { IncreaseExclusiveRequest } from '../../../core/counter.js';
import type { CounterService } from '../../../service/counter/counter-service.js';
import { need } from '../../access/needs.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { answered } from './answered.js';
import { jsonLine } from './flask-json.js';
import { readForm } from './form.js';

/** The one counter that the app has, as all others see it: `GET /v1/counters/counter`. */
const COUNTER = 'counter';

/** The lock that counting takes. */
export interface CounterLock {
  readonly key: string;
  readonly ttlMs: number;
}

const TOO_LONG = 408;
const IN_USE = 503;

/**
 * The routes of the counter app, for its callers. Errors are `{"error":…}`; where it is known that nothing was counted, 408 and
 * 503, they have the counter too.
 */
export function counterAppRoutes(
  counters: CounterService,
  lock: CounterLock,
  report: ReportDefect,
): PlainRoute[] {
  return [
    {
      path: '/read_counter',
      method: 'GET',
      needs: () => [need('read', 'counter', COUNTER)],
      refuse: errorAnswer,
      handle: ({ about }) => {
        about?.({ name: COUNTER });
        return answered(
          async () => jsonLine(200, { counter: await valueOf(counters) }),
          report,
          statusOf,
          errorAnswer,
        );
      },
    },
    {
      path: '/increase_counter',
      method: 'POST',
      needs: () => [need('acquire', 'lock', lock.key), need('write', 'counter', COUNTER)],
      work: 'wait',
      refuse: errorAnswer,
      handle: (request) => {
        request.about?.({ name: COUNTER });
        return answered(() => increase(counters, lock, request), report, statusOf, errorAnswer);
      },
    },
  ];
}

async function increase(
  counters: CounterService,
  lock: CounterLock,
  request: PlainRequest,
): Promise<HttpAnswer> {
  const sleepMs = sleepMsOf(await readForm(request));
  try {
    const outcome = await counters.increaseExclusive(workFor(sleepMs, lock), request.call);
    if (outcome.acquired) return jsonLine(200, { counter: outcome.value });
    return await notCounted(counters, IN_USE, 'the lock is in use; try again');
  } catch (error) {
    if (!isFault(error) || statusOf(error) !== TOO_LONG) throw error;
    return notCounted(counters, TOO_LONG, error.message);
  }
}

function workFor(sleepMs: number, { key, ttlMs }: CounterLock): IncreaseExclusiveRequest {
  // What is granted is whole seconds: work that takes as long, or longer, is too long.
  const grantedMs = Math.ceil(ttlMs / 1000) * 1000;
  const holdMs = Math.min(sleepMs, grantedMs);
  return { name: COUNTER, holdMs, lock: key, ttlMs, owner: 'increase_counter', requestId: '' };
}

async function notCounted(
  counters: CounterService,
  status: number,
  error: string,
): Promise<HttpAnswer> {
  return jsonLine(status, { counter: await valueOf(counters), error });
}

async function valueOf(counters: CounterService): Promise<bigint> {
  return (await counters.get(COUNTER)).value;
}

/** @throws Fault INVALID_ARGUMENT unless it is given, once, as a whole number of seconds. */
function sleepMsOf(form: ReadonlyMap<string, readonly string[]>): number {
  const [sleep = '', ...more] = form.get('sleep') ?? [];
  const digits = more.length === 0 ? sleep.trim() : '';
  if (!/^[0-9]+$/.test(digits)) {
    throw invalid('sleep', 'is needed, once, as a form field: whole seconds, such as sleep=5');
  }
  return Number(digits) * 1000;
}

/** As the app had them. Whatever else fails says nothing of the lock or the counter, so it is not 503. */
function statusOf({ code, details }: Fault): number {
  if (code === 'INVALID_ARGUMENT') return 400;
  return details.reason === 'LOCK_EXPIRED' ? TOO_LONG : 500;
}

function errorAnswer(status: number, error: string): HttpAnswer {
  return jsonLine(status, { error });
}
