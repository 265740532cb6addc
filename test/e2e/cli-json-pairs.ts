/** Each thing is there twice: one is asked for by the command line, the other over HTTP. */
export type Side = 'cli' | 'http';

/** A command, and the request that is the same. */
export interface Pair {
  readonly command: string;
  /** After the command, without connection and output. */
  readonly args: (side: Side) => readonly string[];
  readonly request: (side: Side) => readonly [verb: string, path: string, body?: object];
  /** Of a watch: how many events to look at, and what makes the last of them. */
  readonly events?: { readonly count: number; readonly change?: (side: Side) => readonly string[] };
}

/** What both sides were granted. */
export const leases: Record<Side, string> = { cli: '', http: '' };
export const tokens: Record<Side, string> = { cli: '', http: '' };

const lock = (side: Side, rest = ''): string => `/v1/locks/${side}-lock${rest}`;
const election = (side: Side, rest = ''): string => `/v1/elections/${side}-election${rest}`;
const counter = (side: Side, rest = ''): string => `/v1/counters/${side}-counter${rest}`;
const config = (side: Side, rest = ''): string =>
  `/v1/namespaces/${side}-space/configs/limits${rest}`;
const space = (side: Side, rest = ''): string => `/v1/namespaces/${side}-space/configs${rest}`;
export const SHA = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

/** In this order: what one makes, the next ones look at. */
export const PAIRS: readonly Pair[] = [
  {
    command: 'lock acquire',
    args: (side) =>
      `${side}-lock --ttl 1m --owner ann --value v --label job=x --label a=b`.split(' '),
    request: (side) => [
      'POST',
      lock(side, ':acquire'),
      { ttl: '60s', owner: 'ann', value: 'v', labels: { job: 'x', a: 'b' } },
    ],
  },
  {
    command: 'lock acquire',
    args: (side) => [`${side}-lock`],
    request: (side) => ['POST', lock(side, ':acquire'), {}],
  },
  {
    command: 'lock hold',
    args: (side) => [`held-${side}`, '--ttl', '1m'],
    request: (side) => ['POST', `/v1/locks/held-${side}:acquire`, { ttl: '60s' }],
    events: { count: 1 },
  },
  {
    command: 'lock get',
    args: (side) => [`${side}-lock`],
    request: (side) => ['GET', lock(side)],
  },
  {
    command: 'lock list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/locks?prefix=${side}-`],
  },
  {
    command: 'lock list',
    args: () => ['--prefix', 'nothing'],
    request: () => ['GET', '/v1/locks?prefix=nothing'],
  },
  {
    command: 'lock check',
    args: (side) => [`${side}-lock`, tokens[side]],
    request: (side) => ['POST', lock(side, ':checkToken'), { fencingToken: tokens[side] }],
  },
  {
    command: 'lease get',
    args: (side) => [leases[side]],
    request: (side) => ['GET', `/v1/leases/${leases[side]}`],
  },
  {
    command: 'lease keepalive',
    args: (side) => [leases[side]],
    request: (side) => ['POST', `/v1/leases/${leases[side]}:keepAlive`, {}],
  },
  {
    command: 'lease list',
    args: () => ['--owner', 'ann'],
    request: () => ['GET', '/v1/leases?owner=ann'],
  },
  {
    command: 'lease watch',
    args: (side) => [leases[side]],
    request: (side) => ['GET', `/v1/leases/${leases[side]}:watch`],
    events: { count: 1 },
  },
  {
    command: 'lock watch',
    args: (side) => [`${side}-lock`],
    request: (side) => ['GET', lock(side, ':watch')],
    events: {
      count: 2,
      change: (side) => ['lock', 'release', `${side}-lock`, '--lease', leases[side]],
    },
  },
  {
    command: 'lock release',
    args: (side) => [`${side}-lock`, '--lease', leases[side]],
    request: (side) => ['POST', lock(side, ':release'), { leaseId: leases[side] }],
  },
  {
    command: 'lock force-release',
    args: (side) => [`${side}-lock`, '--reason', 'why'],
    request: (side) => ['POST', lock(side, ':forceRelease'), { reason: 'why' }],
  },
  {
    command: 'lease create',
    args: () => ['--ttl', '1m'],
    request: () => ['POST', '/v1/leases', { ttl: '60s' }],
  },
  {
    command: 'lease revoke',
    args: (side) => [leases[side]],
    request: (side) => ['DELETE', `/v1/leases/${leases[side]}`],
  },
  {
    command: 'election campaign',
    args: (side) => [`${side}-election`, '--candidate', 'ann', '--value', 'v', '--ttl', '1m'],
    request: (side) => [
      'POST',
      election(side, ':campaign'),
      { candidate: 'ann', value: 'v', ttl: '60s' },
    ],
  },
  {
    command: 'election campaign',
    args: (side) => [`${side}-election`, '--candidate', 'bob'],
    request: (side) => ['POST', election(side, ':campaign'), { candidate: 'bob', wait: '0s' }],
  },
  {
    command: 'election leader',
    args: (side) => [`${side}-election`],
    request: (side) => ['GET', election(side)],
  },
  {
    command: 'election list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/elections?prefix=${side}-`],
  },
  {
    command: 'election observe',
    args: (side) => [`${side}-election`],
    request: (side) => ['GET', election(side, ':observe')],
    events: { count: 1 },
  },
  {
    command: 'election resign',
    args: (side) => [`${side}-election`, '--lease', leases[side]],
    request: (side) => ['POST', election(side, ':resign'), { leaseId: leases[side] }],
  },
  {
    command: 'counter get',
    args: (side) => [`${side}-counter`],
    request: (side) => ['GET', counter(side)],
  },
  {
    command: 'counter add',
    args: (side) => [`${side}-counter`, '5'],
    request: (side) => ['POST', counter(side, ':add'), { delta: '5' }],
  },
  {
    command: 'counter set',
    args: (side) => [`${side}-counter`, '9223372036854775807'],
    request: (side) => ['PUT', counter(side), { value: '9223372036854775807' }],
  },
  {
    command: 'counter list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/counters?prefix=${side}-`],
  },
  {
    command: 'counter watch',
    args: (side) => [`${side}-counter`],
    request: (side) => ['GET', counter(side, ':watch')],
    events: { count: 2, change: (side) => ['counter', 'set', `${side}-counter`, '3'] },
  },
  {
    command: 'counter delete',
    args: (side) => [`${side}-counter`],
    request: (side) => ['DELETE', counter(side)],
  },
  {
    command: 'config create',
    args: (side) => [`${side}-space`, 'limits', '{"a":1.0}'],
    request: (side) => ['POST', config(side), { document: '{"a":1.0}' }],
  },
  {
    command: 'config put',
    args: (side) => [`${side}-space`, 'limits', '{"a":2}'],
    request: (side) => ['PUT', config(side), { document: '{"a":2}' }],
  },
  {
    command: 'config patch',
    args: (side) => [`${side}-space`, 'limits', '{"b":3}'],
    request: (side) => ['PATCH', config(side), { patch: '{"b":3}', type: 'MERGE_PATCH' }],
  },
  {
    command: 'config rollback',
    args: (side) => [`${side}-space`, 'limits', '0'],
    request: (side) => ['POST', config(side, ':rollback'), { version: 0 }],
  },
  {
    command: 'config disable',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['POST', config(side, ':setEnabled'), { enabled: false }],
  },
  {
    command: 'config enable',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['POST', config(side, ':setEnabled'), { enabled: true }],
  },
  {
    command: 'config get',
    args: (side) => [`${side}-space`, 'limits', '--version', '1'],
    request: (side) => ['GET', `${config(side)}?version=1`],
  },
  {
    command: 'config history',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['GET', config(side, '/versions')],
  },
  {
    command: 'config list',
    args: (side) => [`${side}-space`],
    request: (side) => ['GET', space(side)],
  },
  {
    command: 'config watch',
    args: (side) => [`${side}-space`],
    request: (side) => ['GET', space(side, ':watch')],
    events: { count: 3, change: (side) => ['config', 'disable', `${side}-space`, 'limits'] },
  },
  {
    command: 'config delete',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['DELETE', config(side)],
  },
  {
    command: 'message put',
    args: () => ['hello'],
    request: () => ['POST', '/v1/messages', { message: 'hello' }],
  },
  {
    command: 'message get',
    args: () => [SHA],
    request: () => ['GET', `/v1/messages/${SHA}`],
  },
  {
    command: 'message delete',
    args: () => ['0'.repeat(64)],
    request: () => ['DELETE', `/v1/messages/${'0'.repeat(64)}`],
  },
  {
    command: 'whoami',
    args: () => [],
    request: () => ['GET', '/v1/whoami'],
  },
];
