import { _, str, type ErrorObject } from 'ajv';
import type { Validators } from './dialects.js';
import { isMultipleOf } from './multiple-of.js';

/** Puts own keywords in the place of those whose results are wrong, or whose time has no good bound. */
export function replaceKeywords(ajv: Validators): void {
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: (divisor: number) => (value: number) => isMultipleOf(value, divisor),
    error: {
      message: ({ schemaCode }) => str`must be multiple of ${schemaCode}`,
      params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
    },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: 'full',
    compile: (isWanted: boolean) => (isWanted ? areUnique : () => true),
  });
}

/** Leaves what is wrong at itself, as ajv has it. */
interface UniqueCheck {
  (items: readonly unknown[]): boolean;
  errors?: Partial<ErrorObject>[];
}

/** By a spelling of each item, in a time that follows their length; ajv compares each item with each. */
const areUnique: UniqueCheck = (items) => {
  const indices = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const spelling = spellingOf(item);
    const earlier = indices.get(spelling);
    if (earlier !== undefined) {
      const message = `must NOT have duplicate items (items ## ${earlier} and ${index} are identical)`;
      areUnique.errors = [{ keyword: 'uniqueItems', message, params: { i: index, j: earlier } }];
      return false;
    }
    indices.set(spelling, index);
  }
  return true;
};

/** The same for equal values, and for no others: members in the order of their names. */
function spellingOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spellingOf).join()}]`;
  if (typeof value === 'number') return String(value + 0);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${spellingOf(part)}`).join()}}`;
}
