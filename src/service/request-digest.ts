import { createHash } from 'node:crypto';
import type { Form } from './request-forms.js';

/** What is remembered of a request, to know it when it is repeated. */
export interface RequestDigests {
  /** Of all its fields, as 0.1.0 made it. */
  readonly digest: string;
  /** Without those that vary between repetitions; undefined: none does. */
  readonly same: string | undefined;
}

export function digestsOf<Request extends object>(
  form: Form<Request>,
  request: Request,
): RequestDigests {
  const varies = Object.values(form.fields).includes('varies');
  return {
    digest: digestOf(form, request, true),
    same: varies ? digestOf(form, request, false) : undefined,
  };
}

function digestOf<Request extends object>(
  { kind, fields }: Form<Request>,
  request: Request,
  withVarying: boolean,
): string {
  const content: [string, unknown][] = [];
  for (const field of Object.keys(fields) as (keyof Request & string)[]) {
    const rule = fields[field];
    const value: unknown = request[field];
    if (rule === 'varies' && !withVarying) continue;
    if (typeof rule === 'object' && value === rule.unless) continue;
    content.push([field, value]);
  }
  const body = JSON.stringify([kind, Object.fromEntries(content)], (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Map ? [...value].sort(([a], [b]) => (a < b ? -1 : 1)) : value;
  });
  return createHash('sha256').update(body).digest('hex');
}
