import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.js';
import { track } from './leftovers.js';

const INSTALL_HINT =
  'etcd is not installed: `apt-get install etcd-server etcd-client`, or set ETCD_BIN to the etcd program';
const HEALTHY_MS = 20_000;
const KEPT_OUTPUT = 20_000;

export interface EtcdOptions {
  readonly members?: 1 | 3;
  /** Given to each member as it is, e.g. `--quota-backend-bytes=16777216`. */
  readonly args?: readonly string[];
  /** Its data on a disk, as in earnest; default: in memory, where there is some. */
  readonly onDisk?: boolean;
  /** Files in PEM. With a `ca`, clients must show a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

/** A real etcd: one process a member, on free ports of the loopback, with its data in a folder of its own. */
export interface Etcd {
  /** `http://127.0.0.1:port`, one for each member, in order. */
  readonly endpoints: readonly string[];
  /** Of the first member's process. */
  readonly pid: number;
  /** Runs etcdctl against the first member, or the one given. Resolves to what it prints. */
  ctl(args: readonly string[], member?: number): Promise<string>;
  compact(revision: number): Promise<void>;
  /** Which member leads. */
  leader(): Promise<number>;
  /** SIGTERM, to all members or to one, and waits until they are gone. */
  stop(member?: number): Promise<void>;
  /** SIGKILL. */
  kill(member?: number): Promise<void>;
  /** Starts what was stopped, on the same ports and data, and waits until it is healthy. */
  start(member?: number): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(member?: number): void;
  resume(member?: number): void;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/** Where etcd is. @throws Error that says what to install. */
export function findEtcd(): string {
  const given = process.env.ETCD_BIN;
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    throw new Error(`ETCD_BIN is ${given}, which is not there. ${INSTALL_HINT}`);
  }
  const found = onPath('etcd');
  if (found === undefined) throw new Error(INSTALL_HINT);
  return found;
}

export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const cluster = await Cluster.make(options);
  try {
    await cluster.start();
  } catch (error) {
    const output = cluster.output();
    await cluster.dispose();
    throw new Error(`etcd does not start:\n${output}`, { cause: error });
  }
  return cluster;
}

class Member {
  readonly clientUrl: string;
  readonly peerUrl: string;
  output = '';
  readonly #binary: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor(binary: string, clientUrl: string, peerUrl: string, args: readonly string[]) {
    this.#binary = binary;
    this.clientUrl = clientUrl;
    this.peerUrl = peerUrl;
    this.#args = args;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  spawn(): void {
    if (this.#process !== undefined) return;
    const child = track(spawn(this.#binary, this.#args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#process = child;
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    // A paused process takes a signal other than SIGKILL only once it goes on.
    child.kill('SIGCONT');
    await gone;
  }
}

class Cluster implements Etcd {
  readonly endpoints: readonly string[];
  readonly #members: readonly Member[];
  readonly #folder: string;
  readonly #ctlArgs: readonly string[];

  static async make(options: EtcdOptions): Promise<Cluster> {
    const binary = findEtcd();
    const inMemory = options.onDisk !== true && existsSync('/dev/shm');
    const folder = await mkdtemp(join(inMemory ? '/dev/shm' : tmpdir(), 'etcd-'));
    const count = options.members ?? 1;
    const ports = await freePorts(2 * count);
    const scheme = options.tls === undefined ? 'http' : 'https';
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    const peerUrls = names.map((_, index) => `http://127.0.0.1:${ports[count + index] ?? 0}`);
    const initialCluster = names.map((name, index) => `${name}=${peerUrls[index] ?? ''}`).join();
    const members = names.map((name, index) => {
      const clientUrl = `${scheme}://127.0.0.1:${ports[index] ?? 0}`;
      const peerUrl = peerUrls[index] ?? '';
      return new Member(binary, clientUrl, peerUrl, [
        `--name=${name}`,
        `--data-dir=${join(folder, name)}`,
        `--listen-client-urls=${clientUrl}`,
        `--advertise-client-urls=${clientUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=${initialCluster}`,
        ...tlsArgs(options.tls),
        ...(options.args ?? []),
      ]);
    });
    const { tls } = options;
    const ctlArgs =
      tls === undefined
        ? []
        : ['--cacert', tls.ca ?? tls.cert, '--cert', tls.cert, '--key', tls.key];
    return new Cluster(members, folder, ctlArgs);
  }

  private constructor(members: readonly Member[], folder: string, ctlArgs: readonly string[]) {
    this.#members = members;
    this.#folder = folder;
    this.#ctlArgs = ctlArgs;
    this.endpoints = members.map((member) => member.clientUrl);
  }

  get pid(): number {
    const pid = this.#members[0]?.pid;
    if (pid === undefined) throw new Error('the first member does not run');
    return pid;
  }

  async ctl(args: readonly string[], member = 0): Promise<string> {
    const ctl = process.env.ETCDCTL_BIN ?? onPath('etcdctl');
    if (ctl === undefined) throw new Error(INSTALL_HINT);
    const endpoint = this.endpoints[member] ?? '';
    const { stdout } = await promisify(execFile)(
      ctl,
      [`--endpoints=${endpoint}`, ...this.#ctlArgs, ...args],
      { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 10_000 },
    );
    return stdout;
  }

  async compact(revision: number): Promise<void> {
    await this.ctl(['compact', String(revision)]);
  }

  async leader(): Promise<number> {
    for (let index = 0; index < this.#members.length; index++) {
      const out = await this.ctl(['endpoint', 'status', '-w', 'json'], index);
      // etcdctl's own format.
      const [status] = JSON.parse(out) as {
        Status: { header: { member_id: number }; leader: number };
      }[];
      if (status !== undefined && status.Status.leader === status.Status.header.member_id) {
        return index;
      }
    }
    throw new Error('etcd has no leader');
  }

  async stop(member?: number): Promise<void> {
    await Promise.all(this.#chosen(member).map((chosen) => chosen.end('SIGTERM')));
  }

  async kill(member?: number): Promise<void> {
    await Promise.all(this.#chosen(member).map((chosen) => chosen.end('SIGKILL')));
  }

  async start(member?: number): Promise<void> {
    for (const chosen of this.#chosen(member)) chosen.spawn();
    const indexes = member === undefined ? this.#members.map((_, index) => index) : [member];
    await Promise.all(indexes.map((index) => this.#healthy(index)));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  pause(member?: number): void {
    for (const chosen of this.#chosen(member)) chosen.signal('SIGSTOP');
  }

  resume(member?: number): void {
    for (const chosen of this.#chosen(member)) chosen.signal('SIGCONT');
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  output(): string {
    return this.#members.map((member) => member.output).join('\n');
  }

  #chosen(member: number | undefined): readonly Member[] {
    if (member === undefined) return this.#members;
    const chosen = this.#members[member];
    if (chosen === undefined) throw new Error(`no member ${member}`);
    return [chosen];
  }

  async #healthy(member: number): Promise<void> {
    const untilMs = performance.now() + HEALTHY_MS;
    for (;;) {
      try {
        // A linearizable read; with auth on it is refused, which takes a leader too.
        await this.ctl(['get', 'health', '--command-timeout=2s'], member);
        return;
      } catch (error) {
        if (/user name is empty|permission denied/.test(String(error))) return;
        if (performance.now() > untilMs) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function tlsArgs(tls: EtcdOptions['tls']): string[] {
  if (tls === undefined) return [];
  const own = [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`];
  if (tls.ca === undefined) return own;
  return [...own, `--trusted-ca-file=${tls.ca}`, '--client-cert-auth'];
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
