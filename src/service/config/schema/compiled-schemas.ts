import type { ErrorObject, ValidateFunction } from 'ajv';
import { Fault, invalid } from '../../../core/errors.js';
import { readDocument } from '../document.js';
import { COMPILING, type CheckJob } from '../jobs/job.js';
import { dialectOf, type Dialect, type Validators } from './dialects.js';
import { replaceKeywords } from './keywords.js';
import { patternEngine } from './patterns.js';

/** A schema's text. With a document of the default limit it fits into one request to etcd (1.5 MiB). */
const MAX_SCHEMA_BYTES = 128 * 1024;

/** Compiled schemas that are remembered: compiling takes milliseconds. */
const MAX_REMEMBERED = 100;

const MAX_SHOWN = 500;

/**
 * Checks documents against their JSON Schemas: of draft-07, or of the draft that `$schema` names. Numbers count with the digits that
 * JavaScript has; `format` is not checked. May take for ever: it is run where it can be stopped. `note` is told what it is
 * at, if that is known to be slow at times.
 */
export class CompiledSchemas {
  readonly #note: (what: string) => void;
  /** By digest, in the order of use. */
  readonly #compiled = new Map<string, ValidateFunction>();
  /** By the id of the draft; they know their meta-schema, and no schema of a caller. */
  readonly #checkers = new Map<string, Validators>();

  constructor(note: (what: string) => void) {
    this.#note = note;
  }

  /** @throws Fault INVALID_ARGUMENT (SCHEMA_VIOLATION) with the path that fails, and why; or for no JSON Schema. */
  check({ schema, digest, document }: Omit<CheckJob, 'kind'>): void {
    const validate = this.#remembered(digest, schema);
    const value: unknown = JSON.parse(document);
    if (withoutEnd(() => validate(value))) return;
    const [error] = validate.errors ?? [];
    const path = shortened(error?.instancePath ?? '');
    const where = path === '' ? 'the document' : path;
    throw new Fault('INVALID_ARGUMENT', `document: ${where} ${explain(error)}`, {
      field: 'document',
      reason: 'SCHEMA_VIOLATION',
      metadata: { path },
    });
  }

  #remembered(digest: string, schema: string): ValidateFunction {
    const known = this.#compiled.get(digest);
    this.#compiled.delete(digest);
    const compiled = known ?? this.#compile(schema);
    this.#compiled.set(digest, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > MAX_REMEMBERED && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }

  #compile(text: string): ValidateFunction {
    readDocument(text, MAX_SCHEMA_BYTES, 'schema', '; no setting raises that');
    const schema = schemaOf(JSON.parse(text));
    const dialect = dialectOf('$schema' in schema ? schema.$schema : undefined);
    this.#note(COMPILING);
    const compiled = withoutEnd(() => this.#attempt(dialect, { ...schema, $schema: dialect.id }));
    this.#note('');
    return compiled;
  }

  #attempt(dialect: Dialect, schema: object): ValidateFunction {
    const checker = this.#checkers.get(dialect.id) ?? this.#create(dialect);
    this.#checkers.set(dialect.id, checker);
    try {
      if (checker.validateSchema(schema) !== true) throw new TypeError(checker.errorsText());
      // An instance for each, since it remembers schemas by their `$id`, and two documents may use the same.
      const validate = this.#create(dialect, false).compile(schema);
      // Its answer would be a promise, which is true whatever it comes to.
      if ('$async' in validate) throw new TypeError('$async is not supported');
      return validate;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw invalid('schema', `is no JSON Schema: ${reasonOf(error)}`);
    }
  }

  #create(dialect: Dialect, validateSchema = true): Validators {
    const ajv = dialect.create({
      strict: false,
      logger: false,
      // Without it `toString` would be a member of every object.
      ownProperties: true,
      validateFormats: false,
      validateSchema,
      // To optimize takes ten times as long as to compile, in a large schema.
      code: { regExp: patternEngine(this.#note), optimize: false },
    });
    replaceKeywords(ajv);
    return ajv;
  }
}

function schemaOf(json: unknown): object {
  if (typeof json === 'boolean') return json ? {} : { not: {} };
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw invalid('schema', 'must be a JSON object, or true or false');
}

/** Documents have a bound on their depth, so that only a schema gets there. */
function withoutEnd<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = 'refers to itself without end, or is too large to be compiled';
    throw new Fault('INVALID_ARGUMENT', `schema: ${message}`, {
      field: 'schema',
      reason: 'SCHEMA_ENDLESS',
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? shortened(error.message) : '';
}

function explain(error: ErrorObject | undefined): string {
  const extra: unknown = error?.params.additionalProperty;
  const named = typeof extra === 'string' ? `: ${JSON.stringify(extra.slice(0, 64))}` : '';
  return shortened(error?.message ?? 'does not satisfy the schema') + named;
}

/** What comes from a caller can be as long as a document; an error goes into a header. */
function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN).toWellFormed()}…`;
}
