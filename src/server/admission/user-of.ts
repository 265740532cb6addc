import { BlockList, isIPv4, isIPv6 } from 'node:net';

export interface UserRules {
  /** Addresses (`10.0.0.7`) and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether loopback addresses are users like others. */
  readonly countsLoopback: boolean;
}

interface Known {
  /** Undefined: it has no share. */
  readonly user: string | undefined;
  readonly isProxy: boolean;
}

/** What is known of so many addresses is kept. */
const MAX_KNOWN = 1000;

/** Of an `X-Forwarded-For`, so many proxies from the right are followed. */
const MAX_HOPS = 8;

const NOBODY: Known = { user: undefined, isProxy: false };

/**
 * Decides who a call's user is, whose share of all it takes: the address it came from. An IPv6 user is a /64, since whoever has one
 * address has them all. Unix sockets and, as a rule, loopback have no share: who is on the machine is trusted.
 */
export class Users {
  readonly #rules: UserRules;
  readonly #proxies = new BlockList();
  readonly #known = new Map<string, Known>();

  constructor(rules: UserRules) {
    this.#rules = rules;
    for (const entry of rules.trustedProxies) {
      const [address = '', bits] = entry.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#proxies.addAddress(address, family);
      else this.#proxies.addSubnet(address, Number(bits), family);
    }
  }

  /**
   * @param address the other end of the connection, without its port; undefined: a Unix socket.
   * @param forwardedFor reads the header: who asked the proxies, the last one's word last. Absent: of a connection, which is the proxy's.
   */
  of(address: string | undefined, forwardedFor?: () => string | undefined): string | undefined {
    if (address === undefined) return undefined;
    const peer = this.#knownOf(address);
    return peer.isProxy ? this.#behind(peer, forwardedFor?.() ?? '') : peer.user;
  }

  /** @param address as `of` has it. */
  isProxy(address: string): boolean {
    return this.#rules.trustedProxies.length > 0 && this.#knownOf(address).isProxy;
  }

  /** Each proxy tells whom it was asked by; what stands left of the first that is no proxy of ours may be made up. */
  #behind(proxy: Known, forwardedFor: string): string | undefined {
    let { user } = proxy;
    for (const entry of forwardedFor.split(',').slice(-MAX_HOPS).reverse()) {
      const address = entry.trim();
      if (!isIPv4(address) && !isIPv6(address)) break;
      const known = this.#knownOf(address);
      ({ user } = known);
      if (!known.isProxy) break;
    }
    return user;
  }

  #knownOf(text: string): Known {
    const found = this.#known.get(text);
    if (found !== undefined) return found;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const known = this.#look(text);
    this.#known.set(text, known);
    return known;
  }

  #look(text: string): Known {
    const address = withoutMapping(text);
    if (isIPv4(address)) {
      const isProxy = this.#proxies.check(address, 'ipv4');
      return { isProxy, user: this.#unlessLocal(address, address.startsWith('127.')) };
    }
    if (!isIPv6(address)) return NOBODY;
    const isProxy = this.#proxies.check(address.replace(/%.*$/, ''), 'ipv6');
    return { isProxy, user: this.#unlessLocal(networkOf(address), address === '::1') };
  }

  #unlessLocal(user: string, isLoopback: boolean): string | undefined {
    return isLoopback && !this.#rules.countsLoopback ? undefined : user;
  }
}

/** Whose share a principal's calls take: its own, wherever they come from. */
export function userOfPrincipal(id: string): string {
  // No address has a space.
  return `principal ${id}`;
}

/** A socket that takes both families has IPv4 addresses as `::ffff:1.2.3.4`. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/i, '');
}

/** The first four groups of an IPv6 address, in one spelling. */
function networkOf(address: string): string {
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [left, right] = [groups(before), groups(after)];
  // A tail in IPv4's spelling stands for two groups, none of which is among the first four.
  const rightCount = right.length + (right.at(-1)?.includes('.') === true ? 1 : 0);
  const zeros = after === undefined ? 0 : Math.max(0, 8 - left.length - rightCount);
  const all = [...left, ...Array<string>(zeros).fill('0'), ...right];
  const network = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
