import { isIP } from 'node:net';

/** The parts of a Host header, or of what follows `//` in an Origin. */
export interface Authority {
  /** In lower case, without a final dot; an IPv6 address without its brackets. */
  readonly host: string;
  /** As it was sent; empty: none was, so that the scheme's own port is meant. */
  readonly port: string;
}

/** @returns undefined for what is no `host` or `host:port`. */
export function authorityIn(text: string): Authority | undefined {
  const [, bracketed, name, port = ''] =
    /^(?:\[([0-9a-f:.]{2,45})\]|([^\s:/?#@[\]]{1,253}))(?::([0-9]{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? name;
  if (host === undefined) return undefined;
  return { host: host.toLowerCase().replace(/\.$/, ''), port };
}

/**
 * Domains in which nobody can register a name, so that nobody can make one of theirs mean this machine: RFC 6761
 * (localhost), RFC 6762 (local), RFC 8375 (home.arpa), ICANN's resolution of 2024-07-29 (internal), and those of Kubernetes.
 */
const PRIVATE_DOMAINS = ['localhost', 'local', 'internal', 'home.arpa', 'svc', 'cluster.local'];

/**
 * Whether a request that names this host may be answered. A page at a name that its owner lets mean this machine (DNS
 * rebinding) is of the daemon's own origin to its browser, and could read and command everything. So the names are answered
 * that nobody else can own, and those in `listed`: a host, or a domain and all below it as `.example.com`.
 */
export function isHostAllowed(host: string, listed: readonly string[]): boolean {
  if (!host.includes('.') || isAddress(host)) return true;
  if (PRIVATE_DOMAINS.some((domain) => host.endsWith(`.${domain}`))) return true;
  return listed.some((entry) =>
    entry.startsWith('.') ? `.${host}`.endsWith(entry) : host === entry,
  );
}

/** Also as browsers and `inet_aton` read one: what ends in a number, such as `127.1`, is never looked up as a name. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 || /\.(?:[0-9]+|0x[0-9a-f]*)$/.test(host);
}
