import { suggest } from '../core/nearest.js';
import type { NamedSetting } from './setting.js';

const PREFIX = 'SHARED_LOCK_';

/** Variables that mean something to the command line or to programs that it starts, and none to the daemon. */
const OTHERS = new Set(
  ['ADDRESS', 'CACERT', 'CERT', 'KEY', 'TIMEOUT', 'LEASE', 'NAME', 'FENCING_TOKEN', 'RUN'].map(
    (name) => `${PREFIX}${name}`,
  ),
);

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

/**
 * The variables that configure something. An empty one counts as not set, as in compose files.
 * A misspelled one goes to `problems`.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  settings: readonly NamedSetting[],
  problems: string[],
): Readonly<Record<string, string>> {
  const known = settings.map(({ setting }) => setting.env);
  const isKnown = new Set(known);
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === '') continue;
    if (isKnown.has(name)) found[name] = value;
    else if (!OTHERS.has(name) && !isServiceLink(name, value)) {
      problems.push(`${name}: there is no such variable${suggest(name, known)}`);
    }
  }
  return found;
}
