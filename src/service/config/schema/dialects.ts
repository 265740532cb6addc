import { createRequire } from 'node:module';
import { Ajv, type AnySchemaObject, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { invalid } from '../../../core/errors.js';

const draft06 = createRequire(import.meta.url)(
  'ajv/dist/refs/json-schema-draft-06.json',
) as AnySchemaObject;

/** What the classes of all drafts have. */
export type Validators = Pick<
  Ajv,
  'addKeyword' | 'removeKeyword' | 'validateSchema' | 'compile' | 'errorsText'
>;

/** A draft of JSON Schema. */
export interface Dialect {
  /** As its own meta-schema has it. */
  readonly id: string;
  readonly create: (options: Options) => Validators;
}

const DRAFT_07: Dialect = {
  id: 'http://json-schema.org/draft-07/schema#',
  create: (options) => new Ajv(options),
};

/** By what stands in `$schema` after `json-schema.org/`. */
const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  [
    'draft-06/schema',
    {
      id: 'http://json-schema.org/draft-06/schema#',
      create: (options) => {
        const ajv = new Ajv(options).addMetaSchema(draft06);
        // They came with draft-07.
        for (const keyword of ['if', 'then', 'else']) ajv.removeKeyword(keyword);
        return ajv;
      },
    },
  ],
  ['draft-07/schema', DRAFT_07],
  [
    'draft/2019-09/schema',
    {
      id: 'https://json-schema.org/draft/2019-09/schema',
      create: (options) => new Ajv2019(options),
    },
  ],
  [
    'draft/2020-12/schema',
    {
      id: 'https://json-schema.org/draft/2020-12/schema',
      create: (options) => new Ajv2020(options),
    },
  ],
]);

/**
 * The draft that a `$schema` names, by http or https, with or without `#`; draft-07 without one.
 * @throws Fault INVALID_ARGUMENT that lists the drafts that there are.
 */
export function dialectOf(named: unknown): Dialect {
  if (named === undefined) return DRAFT_07;
  const text = typeof named === 'string' ? named : '';
  const [, name = ''] = /^https?:\/\/json-schema\.org\/([^#]{1,40})#?$/.exec(text) ?? [];
  const dialect = DIALECTS.get(name);
  if (dialect !== undefined) return dialect;
  const known = Array.from(DIALECTS.values(), ({ id }) => id).join(', ');
  const shown = JSON.stringify(named).slice(0, 200).toWellFormed();
  throw invalid('schema', `its $schema is ${shown}; give one of ${known}, or none for draft-07`);
}
