import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Fault, invalid } from '../../core/errors.js';
import { readDocument } from './document.js';
import { withinTime } from './time-limit.js';

/** A schema's text. With a document of the default limit it fits into one request to etcd (1.5 MiB). */
const MAX_SCHEMA_BYTES = 128 * 1024;

/** Compiled schemas that are remembered: compiling takes milliseconds. */
const MAX_REMEMBERED = 100;

/** How long a schema, or a check, may take: nothing else of the daemon runs meanwhile. */
const MAX_MS = 500;

const NEWER_DRAFTS = [
  ['https://json-schema.org/draft/2020-12/schema', Ajv2020],
  ['https://json-schema.org/draft/2019-09/schema', Ajv2019],
] as const;

/**
 * Checks documents against their JSON Schemas: of draft-07, or 2019-09 or 2020-12 if `$schema` says so.
 * Numbers count with the digits that JavaScript has; `format` is not checked.
 */
export class Schemas {
  /** By text, in the order of use. */
  readonly #compiled = new Map<string, ValidateFunction>();

  /** @throws Fault INVALID_ARGUMENT (SCHEMA_VIOLATION) with the path that fails, and why; or for no JSON Schema. */
  checkDocument(schema: string, document: string): void {
    const validate = this.#compile(schema);
    const value: unknown = JSON.parse(document);
    const checked = withinTime(MAX_MS, () => validate(value));
    if (checked === undefined) throw tooSlow();
    if (checked.value) return;
    const [error] = validate.errors ?? [];
    const path = error?.instancePath ?? '';
    const where = path === '' ? 'the document' : path;
    throw new Fault('INVALID_ARGUMENT', `document: ${where} ${explain(error)}`, {
      field: 'document',
      reason: 'SCHEMA_VIOLATION',
      metadata: { path },
    });
  }

  #compile(schema: string): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) {
      this.#compiled.delete(schema);
      this.#compiled.set(schema, known);
      return known;
    }
    readDocument(schema, MAX_SCHEMA_BYTES, 'schema');
    const compiled = compile(schema);
    this.#compiled.set(schema, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > MAX_REMEMBERED && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }
}

/** An instance for each, since it remembers schemas by their `$id`, and two documents may use the same. */
function compile(schema: string): ValidateFunction {
  const parsed: unknown = JSON.parse(schema);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid('schema', 'must be a JSON object');
  }
  const draft = '$schema' in parsed ? String(parsed.$schema).replace(/#$/, '') : '';
  const [, Draft = Ajv] = NEWER_DRAFTS.find(([id]) => id === draft) ?? [];
  // Without ownProperties `toString` would be a member of every object.
  const options = { strict: false, logger: false, ownProperties: true } as const;
  const compiled = withinTime(MAX_MS, () => attempt(() => new Draft(options).compile(parsed)));
  if (compiled === undefined) throw tooSlow();
  return compiled.value;
}

function attempt(compile: () => ValidateFunction): ValidateFunction {
  try {
    const validate = compile();
    // Its answer would be a promise, which is true whatever it comes to.
    if ('$async' in validate) throw new TypeError('$async is not supported');
    return validate;
  } catch (error) {
    throw invalid('schema', `is no JSON Schema: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500).toWellFormed() : '';
}

function tooSlow(): Fault {
  return new Fault(
    'INVALID_ARGUMENT',
    `schema: checking takes more than ${MAX_MS} ms; look for nested repetitions in a pattern`,
    { field: 'schema', reason: 'SCHEMA_TOO_SLOW' },
  );
}

function explain(error: ErrorObject | undefined): string {
  const extra: unknown = error?.params.additionalProperty;
  const named = typeof extra === 'string' ? `: ${JSON.stringify(extra.slice(0, 64))}` : '';
  return (error?.message ?? 'does not satisfy the schema') + named;
}
