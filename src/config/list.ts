/** Comma-separated words, or in a file an array of them; undefined for anything else. */
export function splitList(input: unknown): string[] | undefined {
  const parts: unknown = typeof input === 'string' ? input.split(',') : input;
  if (!Array.isArray(parts)) return undefined;
  const texts = parts.filter((part): part is string => typeof part === 'string');
  return texts.length === parts.length ? texts.map((part) => part.trim()) : undefined;
}
