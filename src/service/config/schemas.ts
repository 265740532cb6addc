import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Fault, invalid } from '../../core/errors.js';
import { readDocument } from './document.js';

/** Compiled schemas that are remembered: compiling takes milliseconds. */
const MAX_REMEMBERED = 100;

/** Checks documents against their JSON Schemas (draft-07). Numbers count with the digits that JavaScript has. */
export class Schemas {
  readonly #maxBytes: number;
  /** By text, in the order of use. */
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws Fault INVALID_ARGUMENT if the text is no JSON Schema. */
  checkSchema(schema: string): void {
    this.#compile(schema);
  }

  /** @throws Fault INVALID_ARGUMENT (SCHEMA_VIOLATION) with the path that fails, and why. */
  checkDocument(schema: string, document: string): void {
    const validate = this.#compile(schema);
    if (validate(JSON.parse(document))) return;
    const [error] = validate.errors ?? [];
    const path = error?.instancePath === '' ? 'the document' : (error?.instancePath ?? '');
    throw new Fault('INVALID_ARGUMENT', `document: ${path} ${explain(error)}`, {
      field: 'document',
      reason: 'SCHEMA_VIOLATION',
      metadata: { path: error?.instancePath ?? '' },
    });
  }

  #compile(schema: string): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) {
      this.#compiled.delete(schema);
      this.#compiled.set(schema, known);
      return known;
    }
    readDocument(schema, this.#maxBytes, 'schema');
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
  try {
    const validate = new Ajv({ strict: false, logger: false }).compile(parsed);
    // Its answer would be a promise, which is true whatever it comes to.
    if ('$async' in validate) throw new TypeError('$async is not supported');
    return validate;
  } catch (error) {
    throw invalid('schema', `is no JSON Schema: ${error instanceof Error ? error.message : ''}`);
  }
}

function explain(error: ErrorObject | undefined): string {
  return error?.message ?? 'does not satisfy the schema';
}
