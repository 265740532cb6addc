import { loadComments } from '../../protocol/comments.js';
import { defaultOf } from '../../protocol/json/defaults.js';
import type { Descriptors, MethodDescriptor } from '../../protocol/descriptors.js';
import type { FieldSchema, FieldType, MessageSchema } from '../../protocol/schema.js';
import type { HandlerTable } from '../handlers/call.js';
import { LEGACY_PATHS } from './openapi-legacy.js';
import { fault, summaryOf, tagsOf, withDefaults } from './openapi-operation.js';
import { PLAIN_PATHS, STATUS_SCHEMA } from './openapi-plain.js';

/** The body of a PATCH may be the patch itself. */
const PATCH_CONTENT = {
  'application/merge-patch+json': { schema: {} },
  'application/json-patch+json': { schema: { type: 'array', items: { type: 'object' } } },
};

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of all that this server answers, made of the .proto files and their comments. */
export function openapi(options: {
  readonly descriptors: Descriptors;
  readonly handlers: HandlerTable;
  readonly version: string;
}): string {
  const { descriptors, handlers, version } = options;
  return JSON.stringify(new Document(descriptors, handlers, loadComments()).build(version));
}

class Document {
  /** Those that HTTP has. */
  readonly #methods: readonly MethodDescriptor[];
  readonly #handlers: HandlerTable;
  /** Messages that callers send, whole or as parts: they may leave out members. */
  readonly #sent: ReadonlySet<string>;
  readonly #comments: ReadonlyMap<string, string>;
  readonly #schemas = new Map<string, Json>();

  constructor(
    descriptors: Descriptors,
    handlers: HandlerTable,
    comments: ReadonlyMap<string, string>,
  ) {
    this.#handlers = handlers;
    this.#methods = descriptors.methods.filter(({ http }) => http !== undefined);
    this.#sent = reachable(this.#methods.map(({ request }) => request));
    this.#comments = comments;
  }

  build(version: string): Json {
    const plain = { ...PLAIN_PATHS, ...LEGACY_PATHS };
    const paths = new Map<string, Json>(Object.entries(plain).map(withDefaults));
    for (const method of this.#methods) {
      const { http } = method;
      if (http === undefined) continue;
      const verb = http.verb.toLowerCase();
      paths.set(http.template, {
        ...paths.get(http.template),
        [verb]: this.#operation(method, http.template, http.body),
      });
    }
    const services = new Set(this.#methods.map(({ service }) => service));
    return {
      openapi: '3.1.0',
      info: {
        title: 'shared-lock',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Wherever this document was read. Nobody has to show who he is, but for certificates that TLS may ask for.
      servers: [{ url: '/' }],
      security: [],
      tags: [
        ...[...services].map((name) => ({ name, ...this.#described(name) })),
        ...tagsOf([...paths.values()])
          .filter((name) => !services.has(name))
          .map((name) => ({ name })),
      ],
      paths: Object.fromEntries(paths),
      components: {
        schemas: { ...Object.fromEntries(this.#schemas), 'google.rpc.Status': STATUS_SCHEMA },
      },
    };
  }

  #operation(method: MethodDescriptor, template: string, hasBody: boolean): Json {
    const inPath = new Set([...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name));
    const fields = method.request.fields.filter(
      ({ protoName }) => !hasBody || inPath.has(protoName),
    );
    const content = method.responseStream ? 'text/event-stream' : 'application/json';
    const answer = { [content]: { schema: this.#ref(method.response) } };
    const handler = this.#handlers.get(method.path);
    const other = handler?.kind === 'unary' ? handler.otherStatus : undefined;
    return {
      operationId: method.path.slice(1).replace(/^.*\.([^.]+)\/(.+)$/, '$1_$2'),
      tags: [method.service],
      ...summaryOf(this.#comments.get(`${method.service}.${method.name}`) ?? method.name),
      ...this.#described(`${method.service}.${method.name}`),
      parameters: fields.flatMap((field) =>
        this.#parameters(method.request, field, inPath.has(field.protoName)),
      ),
      ...(hasBody
        ? {
            requestBody: {
              content: {
                ...(method.http?.verb === 'PATCH' ? PATCH_CONTENT : {}),
                'application/json': { schema: this.#ref(method.request) },
              },
            },
          }
        : {}),
      responses: {
        200: {
          description: method.responseStream ? 'Events, one message each.' : 'The answer.',
          content: answer,
        },
        ...(other === undefined
          ? {}
          : { [other.httpStatus]: { description: other.description, content: answer } }),
        '4XX': fault('The request is at fault.'),
        '5XX': fault('The daemon, or its storage, is.'),
      },
    };
  }

  /** One parameter; of a message one for each of its fields, as `fence.lock`. */
  #parameters(message: MessageSchema, field: FieldSchema, isInPath: boolean, prefix = ''): Json[] {
    const name = prefix + field.protoName;
    if (field.type.kind === 'message' && field.shape === 'single') {
      const inner = field.type.of();
      return inner.fields.flatMap((one) => this.#parameters(inner, one, false, `${name}.`));
    }
    return [
      {
        name,
        in: isInPath ? 'path' : 'query',
        required: isInPath,
        ...this.#fieldDescription(message, field),
        schema: this.#fieldSchema(field),
      },
    ];
  }

  #ref(message: MessageSchema): Json {
    if (!this.#schemas.has(message.fullName)) {
      // First its place, since messages can contain themselves.
      this.#schemas.set(message.fullName, {});
      const properties = message.fields.map((field) => [
        field.jsonName,
        { ...this.#fieldSchema(field), ...this.#fieldDescription(message, field) },
      ]);
      this.#schemas.set(message.fullName, {
        type: 'object',
        ...this.#described(message.fullName),
        properties: Object.fromEntries(properties) as Json,
        ...this.#required(message),
      });
    }
    return { $ref: `#/components/schemas/${message.fullName}` };
  }

  /** What an answer always has, so that generated clients need not ask for each member whether it is there. */
  #required(message: MessageSchema): Json {
    if (this.#sent.has(message.fullName)) return {};
    const names = message.fields
      .filter((field) => (defaultOf(field) ?? null) !== null)
      .map(({ jsonName }) => jsonName);
    return names.length === 0 ? {} : { required: names };
  }

  #fieldSchema({ type, shape }: FieldSchema): Json {
    const schema = this.#typeSchema(type);
    if (shape === 'repeated') return { type: 'array', items: schema };
    if (shape === 'map') return { type: 'object', additionalProperties: schema };
    return schema;
  }

  #typeSchema(type: FieldType): Json {
    switch (type.kind) {
      case 'string':
        return { type: 'string' };
      case 'bool':
        return { type: 'boolean' };
      case 'int32':
      case 'uint32':
        return { type: 'integer', format: type.kind };
      case 'int64':
      case 'uint64':
        return { type: 'string', format: type.kind, pattern: '^-?[0-9]+$' };
      case 'duration':
        return { type: 'string', examples: ['10s', '1m30s', '500ms'] };
      case 'timestamp':
        return { type: 'string', format: 'date-time' };
      case 'enum':
        return { type: 'string', enum: type.of.names, ...this.#described(type.of.fullName) };
      case 'message':
        return this.#ref(type.of());
    }
  }

  #fieldDescription(message: MessageSchema, field: FieldSchema): Json {
    return this.#described(`${message.fullName}.${field.protoName}`);
  }

  #described(fullName: string): Json {
    const description = this.#comments.get(fullName);
    return description === undefined ? {} : { description };
  }
}

/** The full names of messages and all that they are made of. */
function reachable(messages: readonly MessageSchema[]): Set<string> {
  const names = new Set<string>();
  const visit = (message: MessageSchema): void => {
    if (names.has(message.fullName)) return;
    names.add(message.fullName);
    for (const { type } of message.fields) if (type.kind === 'message') visit(type.of());
  };
  messages.forEach(visit);
  return names;
}
