/** The parts of /openapi.json that no .proto file tells of: the original's routes, and the daemon's own. */
const TEXT = { content: { 'text/plain': { schema: { type: 'string' } } } };

function text(description: string): object {
  return { description, ...TEXT };
}

export const PLAIN_PATHS = {
  '/lease': {
    post: {
      operationId: 'original_lease',
      tags: ['original'],
      description:
        'Takes the lock `key` with a new lease, or says that somebody has it. Never waits.',
      parameters: [
        {
          name: 'x-lease-ttl',
          in: 'header',
          required: false,
          description: 'TTL of the lease; default 10s, up to a year unless the daemon has a bound.',
          schema: { type: 'string', examples: ['60s', '1m30s'] },
        },
      ],
      requestBody: {
        description: 'JSON; members that are not listed are ignored.',
        content: {
          '*/*': {
            schema: {
              type: 'object',
              required: ['key'],
              properties: {
                key: { type: 'string' },
                value: { type: 'string' },
                labels: { type: 'object', additionalProperties: { type: 'string' } },
                timestamp: {},
              },
            },
          },
        },
      },
      responses: {
        201: text('Taken: the lease ID.'),
        202: text('Somebody holds it: `0`.'),
        400: text('The body or the TTL can not be read.'),
        500: text('The storage failed.'),
      },
    },
  },
  '/keepalive': {
    post: {
      operationId: 'original_keepalive',
      tags: ['original'],
      description: 'Renews a lease for its full TTL.',
      requestBody: {
        description: 'The lease ID, as plain text.',
        content: { '*/*': { schema: { type: 'string' } } },
      },
      responses: {
        200: text('Renewed.'),
        204: {
          description:
            'There is no such lease any more, or the number is none that a lease can have.',
        },
        400: text('Not a number of 64 bits.'),
        500: text('The storage failed: it says nothing about the lease.'),
      },
    },
  },
  '/health': {
    get: { operationId: 'original_health', tags: ['original'], responses: { 200: text('Alive.') } },
  },
  '/livez': {
    get: { operationId: 'livez', tags: ['daemon'], responses: { 200: text('The process works.') } },
  },
  '/readyz': {
    get: {
      operationId: 'readyz',
      tags: ['daemon'],
      responses: { 200: text('It can serve.'), 503: text('It can not, and why.') },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      tags: ['daemon'],
      responses: { 200: text('In the exposition format of Prometheus.') },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      tags: ['daemon'],
      responses: {
        200: {
          description: 'This document.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
      },
    },
  },
};

/** google.rpc.Status, whose details can be any message. */
export const STATUS_SCHEMA = {
  type: 'object',
  description: 'What went wrong.',
  properties: {
    code: { type: 'integer', description: 'A google.rpc.Code.' },
    message: {
      type: 'string',
      description: 'For people: what was wrong, and what would be right.',
    },
    details: {
      type: 'array',
      description: 'For programs: google.rpc.ErrorInfo, BadRequest and RetryInfo.',
      items: {
        type: 'object',
        required: ['@type'],
        properties: { '@type': { type: 'string' } },
        additionalProperties: true,
      },
    },
  },
};
