import type { MethodDescriptor } from '../../protocol/descriptors.js';
import { noSuchRoute, slashInName, wrongMethod } from './http-fault.js';
import { decodeSegment } from './target.js';

/** What a request is for. */
export interface RouteMatch {
  readonly method: MethodDescriptor;
  readonly template: string;
  readonly isBody: boolean;
  /** The variables of the path by the names of their fields, decoded; without those that are empty in the path. */
  readonly variables: ReadonlyMap<string, string>;
}

interface Route {
  readonly verb: string;
  readonly template: string;
  readonly segments: readonly Segment[];
  /** What follows the last `:` of the last segment, e.g. `acquire`; empty: none. */
  readonly customVerb: string;
  readonly method: MethodDescriptor;
  readonly isBody: boolean;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly field: string };

/**
 * Finds the method that a path means, by the google.api.http annotations. Works on the path as it was sent, so
 * that an encoded slash or colon of a name is never one of the path.
 *
 * The custom verb of a path is what follows the last raw `:` of its last segment, if some route of this shape
 * has that verb; else the colon belongs to the name. So a lock `a:b` is `/v1/locks/a:b`, and a lock
 * `a:watch` is `/v1/locks/a%3Awatch`.
 *
 * A variable that is empty in the path, which no name can be, stands in the query or the body instead: so names with a slash come
 * through proxies that decode `%2F`.
 */
export class Router {
  readonly #routes: readonly Route[];
  readonly #byLength = new Map<number, readonly Route[]>();

  /** @throws TypeError for an annotation that it does not understand: a defect. */
  constructor(methods: readonly MethodDescriptor[]) {
    this.#routes = methods.flatMap(routeOf);
    for (const route of this.#routes) {
      const { length } = route.segments;
      this.#byLength.set(length, [...this.#ofLength(length), route]);
    }
  }

  /**
   * @param path as it was sent, from its first `/` to before the query.
   * @throws HttpFault 404 for an unknown path, 405 for a wrong method. Fault INVALID_ARGUMENT for a
   * variable that can't be decoded.
   */
  match(httpMethod: string, path: string): RouteMatch {
    const segments = path.slice(1).split('/');
    const candidates = this.#candidates(segments);
    if (candidates.length === 0) throw this.#isLonger(segments) ? slashInName() : noSuchRoute();
    const route = candidates.find(({ verb }) => verb === httpMethod);
    if (route === undefined) {
      const verbs = candidates.map(({ verb }) => verb);
      throw wrongMethod(verbs, this.#customVerbs(candidates, segments));
    }
    const { method, template, isBody } = route;
    return { method, template, isBody, variables: variablesOf(route, segments) };
  }

  /** What could follow the path, of which a misspelled one looks like a part of the name. */
  #customVerbs(candidates: readonly Route[], segments: readonly string[]): string[] {
    if (candidates.some(({ customVerb }) => customVerb !== '')) return [];
    return this.#routes
      .filter((route) => route.customVerb !== '' && route.verb === 'POST' && fits(route, segments))
      .map(({ customVerb }) => customVerb);
  }

  /** Whether the path begins as that of a route that ends in a variable, and goes on: as if a name had a slash. */
  #isLonger(segments: readonly string[]): boolean {
    return this.#routes.some(({ segments: known, ...route }) => {
      if (known.at(-1)?.kind !== 'variable' || segments.length <= known.length) return false;
      return fits({ ...route, segments: known, customVerb: '' }, segments.slice(0, known.length));
    });
  }

  #ofLength(segments: number): readonly Route[] {
    return this.#byLength.get(segments) ?? [];
  }

  /** The routes that the path fits, whatever their HTTP method. */
  #candidates(segments: readonly string[]): Route[] {
    const { verb } = splitVerb(segments.at(-1) ?? '');
    const routes = this.#ofLength(segments.length);
    if (verb !== undefined) {
      const withVerb = routes.filter(
        (route) => route.customVerb !== '' && route.customVerb === verb && fits(route, segments),
      );
      if (withVerb.length > 0) return withVerb;
    }
    return routes.filter((route) => route.customVerb === '' && fits(route, segments));
  }
}

function routeOf(method: MethodDescriptor): Route[] {
  const { http } = method;
  if (http === undefined) return [];
  const parts = http.template.slice(1).split('/');
  const { name, verb = '' } = splitVerb(parts.at(-1) ?? '');
  const segments = [...parts.slice(0, -1), name].map((text): Segment => {
    const [, field] = /^\{([a-z0-9_]+)\}$/.exec(text) ?? [];
    if (field !== undefined) {
      if (method.request.field(field) === undefined) {
        throw new TypeError(`${method.path} has no field ${field}`);
      }
      return { kind: 'variable', field };
    }
    if (!/^[A-Za-z0-9._-]+$/.test(text)) throw new TypeError(`template ${http.template}`);
    return { kind: 'literal', text };
  });
  const { verb: httpVerb, template, body: isBody } = http;
  return [{ verb: httpVerb, template, segments, customVerb: verb, method, isBody }];
}

function splitVerb(segment: string): { readonly name: string; readonly verb?: string } {
  const at = segment.lastIndexOf(':');
  return at < 0 ? { name: segment } : { name: segment.slice(0, at), verb: segment.slice(at + 1) };
}

function fits(route: Route, segments: readonly string[]): boolean {
  if (segments.length !== route.segments.length) return false;
  return route.segments.every(
    (segment, index) =>
      segment.kind === 'variable' || segment.text === textAt(route, segments, index),
  );
}

/** The raw text of a segment, without the custom verb of the route. */
function textAt(route: Route, segments: readonly string[], index: number): string {
  const raw = segments[index] ?? '';
  const isLast = index === route.segments.length - 1;
  return isLast && route.customVerb !== '' ? splitVerb(raw).name : raw;
}

function variablesOf(route: Route, segments: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [index, segment] of route.segments.entries()) {
    if (segment.kind === 'literal') continue;
    const text = decodeSegment(textAt(route, segments, index), segment.field);
    if (text !== '') variables.set(segment.field, text);
  }
  return variables;
}
