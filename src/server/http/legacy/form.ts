import { Busboy } from '@fastify/busboy';
import { invalid } from '../../../core/errors.js';
import type { PlainRequest } from '../answer.js';

/** What is beyond these is left out. */
const LIMITS = { fieldNameSize: 100, fieldSize: 1024, fields: 100, files: 0, parts: 100 };

/**
 * The fields of a form by name, `application/x-www-form-urlencoded` or `multipart/form-data`. Files are left out.
 * @throws Fault INVALID_ARGUMENT for anything else.
 */
export function readForm({ body, contentType = '' }: PlainRequest): Promise<Map<string, string[]>> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string[]>();
    const fail = (): void => {
      reject(
        invalid('body', 'must be a form with its content type, as curl -d or curl -F send it'),
      );
    };
    const parser = parserOf(contentType);
    if (parser === undefined) {
      fail();
      return;
    }
    parser.on('field', (name, value) => {
      fields.set(name, [...(fields.get(name) ?? []), value]);
    });
    parser.on('error', fail);
    parser.on('finish', () => {
      resolve(fields);
    });
    parser.end(body);
  });
}

/** Undefined if it is no content type of a form: the constructor throws for it, an Error of no kind of its own. */
function parserOf(contentType: string): InstanceType<typeof Busboy> | undefined {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch {
    return undefined;
  }
}
