import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { CompiledSchemas } from '../../../src/service/config/schema/compiled-schemas.js';

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

/** The drafts that are claimed, by the `$schema` of their tests. */
const DRAFTS = {
  'draft-06': 'http://json-schema.org/draft-06/schema#',
  'draft-07': 'http://json-schema.org/draft-07/schema#',
  '2019-09': 'https://json-schema.org/draft/2019-09/schema',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

function readSuite<T>(name: string): Readonly<Record<string, T>> {
  const url = new URL(`./json-schema-suite/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Readonly<Record<string, T>>;
}

/** Whether it satisfies the schema, or why that can't be told. */
function verdictOf(schemas: CompiledSchemas, schema: string, data: unknown): boolean | string {
  try {
    schemas.check({ schema, digest: schema, document: JSON.stringify(data) });
    return true;
  } catch (error) {
    if (!isFault(error, 'INVALID_ARGUMENT')) throw error;
    return error.details.reason === 'SCHEMA_VIOLATION' ? false : error.message;
  }
}

describe("JSON Schema's own tests", () => {
  const known = readSuite<readonly string[]>('known-differences');

  for (const [draft, id] of Object.entries(DRAFTS)) {
    it(`are passed in ${draft}, but for the known differences`, function () {
      this.timeout(120_000);
      const schemas = new CompiledSchemas(() => undefined);
      const differences: string[] = [];
      for (const [file, groups] of Object.entries(readSuite<readonly Group[]>(draft))) {
        for (const { description, schema, tests } of groups) {
          // Without a `$schema` they mean their own draft.
          const whole = typeof schema === 'object' ? { $schema: id, ...schema } : schema;
          const text = JSON.stringify(whole);
          for (const test of tests) {
            const isAsExpected = verdictOf(schemas, text, test.data) === test.valid;
            if (!isAsExpected) differences.push(`${file}: ${description}: ${test.description}`);
          }
        }
      }
      expect(differences).to.deep.equal(known[draft]);
    });
  }
});
