/**
 * Who may import whom: the table of ARCHITECTURE.md. What is not listed is denied, type-only imports too.
 * Change ARCHITECTURE.md along with it.
 */
export interface Area {
  /** A folder, or one file, from the root of the repository. The longest that fits a file is its area. */
  readonly path: string;
  /** Areas that it may import. Its own files it always may. */
  readonly areas: readonly string[];
  /** Packages that it may import, and `node:` for what Node brings. */
  readonly packages: readonly string[];
}

const CORE = 'src/core';
const CLOCK = 'src/clock';
const ACCESS = 'src/access';
const FILES = 'src/files';
const PORT = 'src/store/store.ts';
const APPLY = 'src/store/apply.ts';
const HISTORY = 'src/store/history.ts';
const FORWARDING = 'src/store/forwarding-store.ts';
const MEMORY = 'src/store/memory';
const EMBEDDED = 'src/store/embedded';
const ETCD = 'src/store/etcd';
const SERVICE = 'src/service';
const LEASE = 'src/service/lease';
const LOCK = 'src/service/lock';
const TCP = 'src/tcp';
const UNIX = 'src/unix';
const TLS = 'src/tls';
const HTTP2 = 'src/http2';
const PROTOCOL = 'src/protocol';
const SERVER_ACCESS = 'src/server/access';
const ADMISSION = 'src/server/admission';
const HANDLERS = 'src/server/handlers';
const GRPC = 'src/server/grpc';
const HTTP = 'src/server/http';
const CLIENT = 'src/client';
const CLI = 'src/cli';
const CONFIG = 'src/config';
const WORKERS = 'src/workers';
const TELEMETRY = 'src/telemetry';
const DAEMON = 'src/daemon';
const PUBLIC = 'src/index.ts';

/** What leases and locks are built with: the store, and what all services share. */
const TOOLS = [CORE, CLOCK, PORT, SERVICE, TELEMETRY];
/** The rooms of `LOCK`, by what each stands on. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  state: [],
  grant: ['state'],
  queue: ['grant', 'state'],
  inspect: ['state'],
  acquire: ['queue', 'grant', 'inspect', 'state'],
  release: ['acquire', 'grant', 'state'],
  hold: ['release', 'acquire', 'queue', 'grant', 'inspect', 'state'],
  watch: ['inspect', 'state'],
};

export const TABLE: readonly Area[] = [
  { path: 'cmd', areas: [CLI], packages: ['node:'] },
  { path: CORE, areas: [], packages: [] },
  { path: CLOCK, areas: [CORE], packages: ['node:'] },
  { path: TCP, areas: [], packages: ['node:'] },
  { path: UNIX, areas: [], packages: ['node:'] },
  { path: FILES, areas: [], packages: ['node:'] },
  { path: HTTP2, areas: [], packages: ['node:'] },
  { path: TLS, areas: [], packages: ['node:', '@grpc/grpc-js'] },
  { path: PORT, areas: [CORE], packages: [] },
  { path: APPLY, areas: [CORE, PORT], packages: [] },
  { path: HISTORY, areas: [PORT], packages: [] },
  { path: FORWARDING, areas: [PORT], packages: [] },
  { path: MEMORY, areas: [CORE, CLOCK, PORT, APPLY, HISTORY], packages: ['@js-sdsl/ordered-map'] },
  {
    path: EMBEDDED,
    areas: [CORE, CLOCK, FILES, UNIX, PORT, APPLY, MEMORY],
    packages: ['node:', 'lmdb'],
  },
  {
    path: ETCD,
    areas: [CORE, CLOCK, TLS, PORT, APPLY],
    packages: ['node:', 'etcd3', 'cockatiel', '@grpc/grpc-js', 'protobufjs'],
  },
  { path: WORKERS, areas: [CLOCK], packages: ['node:'] },
  {
    path: SERVICE,
    areas: [CORE, CLOCK, WORKERS, PORT, HISTORY, FORWARDING, TELEMETRY, LEASE, LOCK, ...rooms()],
    packages: ['node:', 'ajv', 're2js'],
  },
  { path: LEASE, areas: [...TOOLS, FORWARDING], packages: [] },
  ...Object.entries(ROOMS).map(([name, below]) => ({
    path: roomOf(name),
    areas: [...TOOLS, HISTORY, LEASE, ...below.map(roomOf)],
    packages: [],
  })),
  { path: LOCK, areas: [...TOOLS, LEASE, ...rooms()], packages: [] },
  {
    path: PROTOCOL,
    areas: [CORE],
    packages: ['node:', '@grpc/proto-loader', '@grpc/grpc-js', 'protobufjs'],
  },
  { path: ACCESS, areas: [CORE, CLOCK, WORKERS], packages: ['node:', 'yaml', 'jose'] },
  { path: SERVER_ACCESS, areas: [CORE, SERVICE, HANDLERS], packages: [] },
  { path: ADMISSION, areas: [CORE], packages: ['node:'] },
  {
    path: HANDLERS,
    areas: [ADMISSION, SERVER_ACCESS, SERVICE, LEASE, LOCK, PROTOCOL, CORE, TELEMETRY],
    packages: [],
  },
  {
    path: GRPC,
    areas: [
      ...[TCP, UNIX, TLS, HTTP2, ADMISSION, SERVER_ACCESS, HANDLERS],
      ...[SERVICE, PROTOCOL, CORE, CLOCK, TELEMETRY],
    ],
    packages: [
      'node:',
      '@grpc/grpc-js',
      '@grpc/proto-loader',
      '@grpc/reflection',
      'grpc-health-check',
    ],
  },
  {
    path: HTTP,
    areas: [
      ...[TCP, UNIX, TLS, ADMISSION, SERVER_ACCESS, HANDLERS],
      ...[SERVICE, LEASE, PROTOCOL, CORE, TELEMETRY],
    ],
    packages: ['node:', '@fastify/busboy'],
  },
  {
    path: CLIENT,
    areas: [PROTOCOL, CORE, CLOCK, HTTP2, TLS],
    packages: ['node:', '@grpc/grpc-js'],
  },
  { path: CONFIG, areas: [CORE], packages: ['node:', 'convict'] },
  {
    path: TELEMETRY,
    areas: [CORE, FILES],
    packages: ['node:', 'pino', 'prom-client'],
  },
  {
    path: DAEMON,
    areas: [
      ...[CORE, CLOCK, PORT, FORWARDING, MEMORY, EMBEDDED, ETCD, SERVICE, PROTOCOL],
      ...[ADMISSION, ACCESS, SERVER_ACCESS, HANDLERS, GRPC, HTTP, CONFIG, TELEMETRY],
    ],
    packages: ['node:', '@grpc/grpc-js'],
  },
  // Of the protocol: JSON as the HTTP API writes it.
  {
    path: CLI,
    areas: [CLIENT, CONFIG, DAEMON, ACCESS, PROTOCOL, CORE],
    packages: ['node:', 'commander'],
  },
  { path: PUBLIC, areas: [CLIENT, CORE], packages: [] },
  { path: 'example', areas: [PUBLIC], packages: ['node:', '@shared-lock/shared-lock'] },
];

function rooms(): string[] {
  return Object.keys(ROOMS).map(roomOf);
}

function roomOf(name: string): string {
  return `${LOCK}/${name}`;
}
