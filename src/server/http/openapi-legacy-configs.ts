/** The parts of /openapi.json that tell of the config API service's and the distributed config cache's routes. */
const FAILURE = {
  type: 'object',
  properties: {
    success: { type: 'boolean', const: false },
    error: { type: 'integer' },
    message: { type: 'string' },
  },
};
const SUCCESS = { type: 'object', properties: { success: { type: 'boolean', const: true } } };
const ERROR = { type: 'object', properties: { error: { type: 'string' } } };
const ANY_JSON = {};

function json(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

const UNPROCESSABLE = json('No `service`, or a body that is none.', FAILURE);
const NOT_FOUND = json('There is no such service, or version.', FAILURE);
const BAD_REQUEST = json('The body is no JSON, or the key is none.', ERROR);

const SERVICE = { name: 'service', in: 'query', required: true, schema: { type: 'string' } };
const KEY = {
  name: 'key',
  in: 'path',
  required: true,
  description: 'May have slashes in it.',
  schema: { type: 'string' },
};

const SERVICE_BODY = {
  content: { '*/*': { schema: { type: 'object', required: ['service'] } } },
};
const VALUE_BODY = { content: { '*/*': { schema: ANY_JSON } } };

const put = (operationId: string): object => ({
  operationId,
  tags: ['config cache'],
  parameters: [KEY],
  requestBody: VALUE_BODY,
  responses: { 200: json('The value.', ANY_JSON), 400: BAD_REQUEST },
});

export const CONFIG_API_PATHS = {
  '/config': {
    post: {
      operationId: 'config_api_create',
      tags: ['config API'],
      parameters: [SERVICE],
      requestBody: SERVICE_BODY,
      responses: {
        200: json('Created.', {
          type: 'object',
          properties: {
            success: { type: 'boolean', const: true },
            ID: { type: 'integer' },
            service: { type: 'string' },
            serviceJSONconf: { type: 'string', description: 'The document as JSON text.' },
            enabled: { type: 'boolean' },
            total_configs: { type: 'integer' },
          },
        }),
        422: json('There is such a service, no `service`, or a body that is none.', FAILURE),
      },
    },
    get: {
      operationId: 'config_api_get',
      tags: ['config API'],
      parameters: [
        SERVICE,
        {
          name: 'version',
          in: 'query',
          required: false,
          description: 'A number, or `latest`.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: json(
          'The document; if it has several versions, an object of their texts by number.',
          ANY_JSON,
        ),
        404: NOT_FOUND,
        422: UNPROCESSABLE,
      },
    },
    patch: {
      operationId: 'config_api_patch',
      tags: ['config API'],
      description: 'The body is the next version, or, if its content type says so, a patch.',
      parameters: [SERVICE],
      requestBody: VALUE_BODY,
      responses: { 200: json('Written.', SUCCESS), 404: NOT_FOUND, 422: UNPROCESSABLE },
    },
    delete: {
      operationId: 'config_api_delete',
      tags: ['config API'],
      parameters: [SERVICE],
      responses: {
        200: json('Deleted.', SUCCESS),
        404: NOT_FOUND,
        409: json('It is enabled.', FAILURE),
        422: UNPROCESSABLE,
      },
    },
  },
};

export const CONFIG_CACHE_PATHS = {
  '/config/{key}': {
    get: {
      operationId: 'config_cache_get',
      tags: ['config cache'],
      parameters: [
        KEY,
        {
          name: 'use_cache',
          in: 'query',
          required: false,
          description: 'Default true: from this daemon, if it has it. False: from the storage.',
          schema: { type: 'boolean' },
        },
      ],
      responses: { 200: json('The value; null if there is none.', ANY_JSON), 400: BAD_REQUEST },
    },
    post: put('config_cache_post'),
    put: put('config_cache_put'),
    delete: {
      operationId: 'config_cache_delete',
      tags: ['config cache'],
      parameters: [KEY],
      responses: { 204: { description: 'There is none now.' }, 400: BAD_REQUEST },
    },
  },
};
