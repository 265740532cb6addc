import { workOf, type Work } from '../admission/work.js';
import type { PlainRoute } from './answer.js';
import type { RouteMatch } from './router.js';
import type { Target } from './target.js';

/** What a request is for. */
export type Found =
  | { readonly kind: 'plain'; readonly routes: readonly PlainRoute[]; readonly target: Target }
  | { readonly kind: 'rpc'; readonly match: RouteMatch; readonly target: Target }
  /** For nothing that there is. */
  | { readonly kind: 'none'; readonly error: unknown };

/** Of the routes at a path, the one for a method. */
export function routeFor(
  routes: readonly PlainRoute[],
  httpMethod: string,
): PlainRoute | undefined {
  const wanted = httpMethod === 'HEAD' ? 'GET' : httpMethod;
  return routes.find(({ method }) => method === wanted);
}

/** What a request is to a daemon that has too much to do. */
export function workFor(found: Found, httpMethod: string): Work {
  if (found.kind === 'rpc') return workOf(found.match.method.path);
  return found.kind === 'plain' ? (routeFor(found.routes, httpMethod)?.work ?? 'ask') : 'ask';
}

/** Whether everybody may have it, whoever they say that they are. */
export function isOpen(found: Found, httpMethod: string): boolean {
  return found.kind === 'plain' && routeFor(found.routes, httpMethod)?.needs === 'open';
}
