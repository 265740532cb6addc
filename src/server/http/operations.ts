import { need } from '../access/needs.js';
import { jsonAnswer, textAnswer } from './answer.js';
import type { HttpAnswer, PlainRoute } from './answer.js';

/** Whether the daemon can serve. `detail` is one line for people. */
export interface Readiness {
  readonly ready: boolean;
  readonly detail: string;
}

export interface MetricsSource {
  /** Of the exposition format. */
  readonly contentType: string;
  text(): Promise<string>;
}

/** What people and machines ask about the daemon itself. `/livez` never asks the store. */
export function operationRoutes(options: {
  readonly ready: () => Readiness;
  readonly metrics: MetricsSource;
  readonly openapi: () => string;
}): PlainRoute[] {
  const get = (
    path: string,
    needs: PlainRoute['needs'],
    handle: PlainRoute['handle'],
  ): PlainRoute => ({ path, method: 'GET', needs, handle });
  return [
    { ...get('/livez', 'open', () => textAnswer(200, 'ok\n')), work: 'health' },
    { ...get('/readyz', 'open', () => readiness(options.ready())), work: 'health' },
    {
      ...get(
        '/metrics',
        () => [need('metrics', 'daemon')],
        async () => ({
          status: 200,
          contentType: options.metrics.contentType,
          body: await options.metrics.text(),
        }),
      ),
      work: 'metrics',
    },
    get(
      '/openapi.json',
      () => [need('openapi', 'daemon')],
      () => jsonAnswer(200, options.openapi()),
    ),
  ];
}

function readiness({ ready, detail }: Readiness): HttpAnswer {
  if (ready) return textAnswer(200, 'ok\n');
  const trouble = { code: 'UNAVAILABLE', message: detail } as const;
  return { ...textAnswer(503, `not ready: ${detail}\n`), headers: { 'retry-after': '1' }, trouble };
}
