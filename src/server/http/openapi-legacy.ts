import { CONFIG_API_PATHS, CONFIG_CACHE_PATHS } from './openapi-legacy-configs.js';

/** The parts of /openapi.json that tell of the routes of the systems that this one replaces, beside the original. */
const COUNTER = {
  type: 'object',
  required: ['counter'],
  properties: { counter: { type: 'integer', format: 'int64' } },
};

const NOT_COUNTED = {
  type: 'object',
  required: ['counter', 'error'],
  properties: { ...COUNTER.properties, error: { type: 'string' } },
};

const ERROR = { type: 'object', properties: { error: { type: 'string' } } };
const ERR_MSG = { type: 'object', properties: { err_msg: { type: 'string' } } };
const MESSAGE = {
  type: 'object',
  required: ['message'],
  properties: { message: { type: 'string' } },
};
const SLEEP = {
  type: 'object',
  required: ['sleep'],
  properties: { sleep: { type: 'integer', minimum: 0, description: 'Whole seconds.' } },
};

function json(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

export const LEGACY_PATHS = {
  ...CONFIG_API_PATHS,
  ...CONFIG_CACHE_PATHS,
  '/read_counter': {
    get: {
      operationId: 'counter_app_read',
      tags: ['counter app'],
      responses: { 200: json('The value of the counter `counter`.', COUNTER) },
    },
  },
  '/increase_counter': {
    post: {
      operationId: 'counter_app_increase',
      tags: ['counter app'],
      description:
        'Takes the lock, works for `sleep` seconds, and adds one if the lock is still held.',
      requestBody: {
        content: {
          'application/x-www-form-urlencoded': { schema: SLEEP },
          'multipart/form-data': { schema: SLEEP },
        },
      },
      responses: {
        200: json('Counted: the new value.', COUNTER),
        400: json('No `sleep`, or none that is a whole number of seconds.', ERROR),
        408: json('The lock expired first; the counter, which is unchanged.', NOT_COUNTED),
        503: json('The lock is in use; the counter.', NOT_COUNTED),
      },
    },
  },
  '/messages': {
    post: {
      operationId: 'message_service_put',
      tags: ['message service'],
      requestBody: { content: { '*/*': { schema: MESSAGE } } },
      responses: {
        201: json('Stored.', {
          type: 'object',
          properties: { digest: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
        }),
        400: json('No `message`, or none that is text.', ERR_MSG),
      },
    },
  },
  '/messages/{digest}': {
    get: {
      operationId: 'message_service_get',
      tags: ['message service'],
      parameters: [{ name: 'digest', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        200: json('Found.', MESSAGE),
        404: json('There is no message with this digest.', ERR_MSG),
      },
    },
  },
};
