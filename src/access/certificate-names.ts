/** One entry of Node's text of a subjectAltName. What could be taken for several it writes as a JSON string. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/**
 * The names that a client certificate gives its owner: those that are URIs, such as SPIFFE IDs; without any, those of hosts. Never the CN, which
 * says nothing of what kind of name it is.
 */
export function certificateNames(subjectAltName = ''): string[] {
  const uris: string[] = [];
  const hosts: string[] = [];
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < subjectAltName.length) {
    const entry = ENTRY.exec(subjectAltName);
    // Half of what can't be read is nobody's name.
    if (entry === null) return [];
    const [, kind, written = ''] = entry;
    const name = written.startsWith('"') ? unquoted(written) : written;
    if (name === undefined) return [];
    if (kind === 'URI') uris.push(name);
    if (kind === 'DNS') hosts.push(name);
  }
  return uris.length > 0 ? uris : hosts;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
