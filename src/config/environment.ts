import { suggest } from '../core/nearest.js';

/** What the names of all our variables begin with. */
const PREFIX = 'SHARED_LOCK_';

/** Variables that mean something to the command line, or to what it starts, and none to the daemon. */
const OTHERS = [
  ...['ADDRESS', 'CACERT', 'CERT', 'KEY', 'TOKEN_FILE', 'TIMEOUT', 'LEASE'],
  // What `run` and `election run` set for their command, which may run a client or a daemon in its turn.
  ...['NAME', 'FENCING_TOKEN', 'ELECTION', 'TERM', 'RUN'],
  // What `bin/shared-lock` tells the program that it starts.
  'INHERITED',
].map((name) => `${PREFIX}${name}`);

/** Of the examples: nobody who misspells one of ours means it. */
const OF_EXAMPLES = [`${PREFIX}URL`];

/** Kubernetes puts these into every pod beside a Service whose name begins with `shared-lock`. */
const SERVICE_LINK =
  /^SHARED_LOCK_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && isLinkAddress(value));
}

/** Whether Kubernetes wrote it, and not somebody who meant a port. */
export function isLinkAddress(value: string): boolean {
  return /^(?:tcp|udp|sctp):\/\//.test(value);
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of ours that are set, empty ones too, but those that are not the daemon's: name and value. */
export function daemonVariables(env: Environment): [string, string][] {
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === undefined) continue;
    if (OTHERS.includes(name) || OF_EXAMPLES.includes(name)) continue;
    if (!isServiceLink(name, value)) found.push([name, value]);
  }
  return found;
}

/** What people write who guess, where the name that is right is spelled too differently to be found by that. */
const GUESSES: Readonly<Record<string, string>> = {
  SHARED_LOCK_TOKEN: 'SHARED_LOCK_TOKEN_FILE',
  SHARED_LOCK_HOST: 'SHARED_LOCK_SERVER_HOST',
  SHARED_LOCK_HTTP_HOST: 'SHARED_LOCK_SERVER_HOST',
  SHARED_LOCK_PORT: 'SHARED_LOCK_SERVER_PORT',
  SHARED_LOCK_HTTP_PORT: 'SHARED_LOCK_SERVER_PORT',
  SHARED_LOCK_ETCD: 'SHARED_LOCK_ETCD_ADDR_LIST',
  SHARED_LOCK_ETCD_ENDPOINTS: 'SHARED_LOCK_ETCD_ADDR_LIST',
};

/** One line for each variable that begins as ours do and is none, if it is not empty: a misspelled one has no effect. */
export function unknownVariables(env: Environment, known: readonly string[]): string[] {
  const isKnown = new Set(known);
  return daemonVariables(env)
    .filter(([name, value]) => value !== '' && !isKnown.has(name))
    .map(
      ([name]) =>
        `${name}: there is no such variable${suggest(GUESSES[name] ?? name, [...known, ...OTHERS])}`,
    );
}
