const SECRET_KEY = /^(?:lease|(?:grant_?)?request)_?ids?$/i;
const STRUCK_OUT = '******';
/** Deeper than anything that is logged; a value below this is not worth a line. */
const MAX_DEPTH = 6;

/** The fields without lease IDs and request ids: whoever reads one in a log could renew and release that lease, or be given it. */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      SECRET_KEY.test(key) ? STRUCK_OUT : redactValue(value, 1),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((element) => redactValue(element, depth + 1));
  if (value instanceof Map) return redactEntries([...value.entries()], depth);
  return redactEntries(Object.entries(value), depth);
}

function redactEntries(entries: [unknown, unknown][], depth: number): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(([key, value]) => [
      String(key),
      SECRET_KEY.test(String(key)) ? STRUCK_OUT : redactValue(value, depth + 1),
    ]),
  );
}
