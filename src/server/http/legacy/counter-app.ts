import { invalid } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import type { ReportDefect } from '../../../protocol/status.js';
import type { CounterService } from '../../../service/counter/counter-service.js';
import { jsonAnswer } from '../answer.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { answered } from './answered.js';
import { readForm } from './form.js';

/** The one counter that the app has, as all others see it: `GET /v1/counters/counter`. */
const COUNTER = 'counter';

/** The lock that counting takes. */
export interface CounterLock {
  readonly key: string;
  readonly ttlMs: number;
}

/** The routes of the counter app, for its callers. Errors are `{"error":…}`. */
export function counterAppRoutes(
  counters: CounterService,
  lock: CounterLock,
  report: ReportDefect,
): PlainRoute[] {
  return [
    {
      path: '/read_counter',
      method: 'GET',
      refuse: errorAnswer,
      handle: () =>
        answered(
          async () => counterAnswer((await counters.get(COUNTER)).value),
          report,
          statusOf,
          errorAnswer,
        ),
    },
    {
      path: '/increase_counter',
      method: 'POST',
      work: 'wait',
      refuse: errorAnswer,
      handle: (request) =>
        answered(() => increase(counters, lock, request), report, statusOf, errorAnswer),
    },
  ];
}

async function increase(
  counters: CounterService,
  { key, ttlMs }: CounterLock,
  request: PlainRequest,
): Promise<HttpAnswer> {
  const sleepMs = sleepMsOf(await readForm(request));
  // What is granted is whole seconds: work that takes as long, or longer, is too long.
  const grantedMs = Math.ceil(ttlMs / 1000) * 1000;
  const holdMs = Math.min(sleepMs, grantedMs);
  const outcome = await counters.increaseExclusive(
    { name: COUNTER, holdMs, lock: key, ttlMs, owner: 'increase_counter', requestId: '' },
    request.call,
  );
  if (!outcome.acquired) return errorAnswer(503, 'the lock is in use; try again');
  return counterAnswer(outcome.value);
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
  return details.reason === 'LOCK_EXPIRED' ? 408 : 500;
}

/** By hand, since JSON.stringify takes no bigint. */
function counterAnswer(value: bigint): HttpAnswer {
  return jsonAnswer(200, `{"counter":${value}}`);
}

function errorAnswer(status: number, message: string): HttpAnswer {
  return jsonAnswer(status, JSON.stringify({ error: message }));
}
