import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.js';
import { track } from './leftovers.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cmd/shared-lock.js', import.meta.url));
const DEFAULT_READY_MS = 20_000;
const KEPT_OUTPUT = 40_000;

export interface DaemonOptions {
  /** Where etcd is; absent: the embedded store, in a folder of the daemon's own. */
  readonly endpoints?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Default: the one that this project builds. */
  readonly program?: string;
  /** For node itself. */
  readonly nodeArgs?: readonly string[];
  /** Without the lines of requests, for measurements. */
  readonly quiet?: boolean;
  /** How long a start may take; default 20 s. */
  readonly readyMs?: number;
}

/** The built daemon as a process of its own, on ports that it keeps when it is started again. */
export class DaemonProcess {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly #options: DaemonOptions;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(options: DaemonOptions, folder: string, httpPort: number, grpcPort: number) {
    this.#options = options;
    this.#folder = folder;
    this.httpPort = httpPort;
    this.grpcPort = grpcPort;
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(options: DaemonOptions = {}): Promise<DaemonProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'sl-daemon-'));
    const [httpPort = 0, grpcPort = 0] = await freePorts(2);
    const daemon = new DaemonProcess(options, folder, httpPort, grpcPort);
    await daemon.startAgain();
    return daemon;
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get grpcAddress(): string {
    return `127.0.0.1:${this.grpcPort}`;
  }

  get folder(): string {
    return this.#folder;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the daemon does not run');
    return pid;
  }

  /** What it printed, the last of it. */
  get output(): string {
    return this.#output;
  }

  async startAgain(): Promise<void> {
    const { endpoints, env, args, nodeArgs, quiet } = this.#options;
    const { program = PROGRAM, readyMs = DEFAULT_READY_MS } = this.#options;
    const child = spawn(
      process.execPath,
      [...(nodeArgs ?? []), program, 'serve', ...(args ?? [])],
      {
        env: {
          PATH: process.env.PATH,
          HOME: this.#folder,
          SHARED_LOCK_SERVER_PORT: String(this.httpPort),
          SHARED_LOCK_GRPC_PORT: String(this.grpcPort),
          ...(endpoints === undefined
            ? {
                SHARED_LOCK_STORAGE_TYPE: 'embedded',
                SHARED_LOCK_DATA_DIR: join(this.#folder, 'data'),
              }
            : { SHARED_LOCK_ETCD_ADDR_LIST: endpoints.join(',') }),
          ...(quiet === true ? { SHARED_LOCK_LOG_LEVEL: 'warn' } : {}),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#process = track(child);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#keep(chunk.toString());
    });
    const ready = new Promise<boolean>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#keep(`${line}\n`);
        if (line.includes('"msg":"ready"')) resolve(true);
      });
      child.once('exit', () => {
        resolve(false);
      });
      setTimeout(() => {
        resolve(false);
      }, readyMs).unref();
      if (quiet === true) void this.#answers(readyMs).then(resolve);
    });
    if (await ready) return;
    const { exitCode, signalCode } = child;
    const how = exitCode ?? signalCode;
    await this.kill();
    throw new Error(
      `the daemon did not get ready (${how === null ? 'it ran' : `ended: ${how}`}):\n${this.#output}`,
    );
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<number | null> {
    return this.#end('SIGKILL');
  }

  /** SIGTERM, and waits until it has ended by itself. @returns its exit code. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Ends it and removes its folder. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** Asks until it says that it is ready. */
  async #answers(readyMs: number): Promise<boolean> {
    for (const untilMs = performance.now() + readyMs; performance.now() < untilMs;) {
      const isReady = await fetch(`${this.url}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (isReady) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
  }
}
