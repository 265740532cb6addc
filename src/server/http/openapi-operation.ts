type Json = Readonly<Record<string, unknown>>;

/** A response that tells of a fault. */
export function fault(description: string): Json {
  const schema = { $ref: '#/components/schemas/google.rpc.Status' };
  return { description, content: { 'application/json': { schema } } };
}

/** The first sentence of a description. */
export function summaryOf(description: string): { readonly summary: string } {
  const [sentence = ''] = description.split(/[.:;](?:\s|$)/, 1);
  return { summary: sentence.replaceAll(/\s+/g, ' ').trim() };
}

/** The operations of a path that no .proto file tells of, each with a summary and a response for what goes wrong. */
export function withDefaults([path, item]: [string, Json]): [string, Json] {
  const operations = Object.entries(item).map(([verb, operation]) =>
    isJson(operation) && isJson(operation.responses)
      ? [verb, completed(operation, operation.responses)]
      : [verb, operation],
  );
  return [path, Object.fromEntries(operations) as Json];
}

/** The tags of all operations of some paths, each once. */
export function tagsOf(items: readonly Json[]): string[] {
  const tags = items
    .flatMap((item) => Object.values(item))
    .flatMap((operation): unknown[] =>
      isJson(operation) && Array.isArray(operation.tags) ? operation.tags : [],
    );
  return [...new Set(tags.map(String))];
}

function completed(operation: Json, responses: Json): Json {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const told = [operation.summary, operation.description, isJson(success) && success.description];
  const description = told.find((text) => typeof text === 'string') ?? '';
  const hasClientFault = Object.keys(responses).some((status) => status.startsWith('4'));
  return {
    ...operation,
    ...summaryOf(description),
    responses: {
      ...responses,
      ...(hasClientFault ? {} : { '4XX': fault('The request is at fault.') }),
    },
  };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
