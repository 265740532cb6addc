import { fileURLToPath } from 'node:url';
import { Program } from './child.js';
import type { DaemonProcess } from './daemon-process.js';
import { until } from './until.js';

/** What TypeScript made of it is in the other. */
const EXAMPLE = fileURLToPath(new URL('../../example/singleton-worker/', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const TTL_SECONDS = '2';
const LIMIT_MS = 15_000;

/** As the example's README starts each form. */
export const FORMS = {
  client: [process.execPath, `${DIST}example/singleton-worker/client.js`],
  http: [process.execPath, `${EXAMPLE}http.mjs`],
  shell: [
    ...[process.execPath, `${DIST}cmd/shared-lock.js`, 'run', '--ttl', `${TTL_SECONDS}s`],
    ...['singleton-worker', '--', 'sh', `${EXAMPLE}worker.sh`],
  ],
} as const;

export type Form = keyof typeof FORMS;

/** One line `works`: a write that succeeded. */
export interface Work {
  readonly worker: Program;
  readonly token: number;
  /** What the counter was after it: so the order of all writes, whoever made them. */
  readonly count: number;
}

/** Instances of the example, and all that they printed. */
export class SingletonWorkers {
  readonly #daemon: DaemonProcess;
  readonly #env: Readonly<Record<string, string>>;
  readonly #started: Program[] = [];

  /** @param env variables of all that are started. */
  constructor(daemon: DaemonProcess, env: Readonly<Record<string, string>> = {}) {
    this.#daemon = daemon;
    this.#env = env;
  }

  start(form: Form): Program {
    return this.#start(FORMS[form]);
  }

  /** The script of the shell form, without `run`, and with a token of the test's choice. */
  startScript(token: number): Program {
    return this.#start(['sh', `${EXAMPLE}worker.sh`], {
      SHARED_LOCK_NAME: 'singleton-worker',
      SHARED_LOCK_FENCING_TOKEN: String(token),
    });
  }

  /** All successful writes, in the order in which the counter took them. */
  get works(): Work[] {
    const works = this.#started.flatMap((worker) =>
      worker.lines.flatMap((line) => {
        const [, token, count] = /works: token (\d+), count (\d+)$/.exec(line) ?? [];
        return token === undefined ? [] : [{ worker, token: Number(token), count: Number(count) }];
      }),
    );
    return works.sort((a, b) => a.count - b.count);
  }

  /** The last write. @throws Error if there is none. */
  get last(): Work {
    const last = this.works.at(-1);
    if (last === undefined) throw new Error(`nobody works:\n${this.#output}`);
    return last;
  }

  /** How many of them have told that. */
  told(line: string): number {
    return this.#started.filter(({ lines }) => lines.some((told) => told.endsWith(line))).length;
  }

  /** The first write of another worker since. */
  async takeOverFrom(former: Work): Promise<Work> {
    const next = (): Work | undefined =>
      this.works.find(({ worker, count }) => worker !== former.worker && count > former.count);
    await this.eventually('another takes over', () => next() !== undefined);
    return next() ?? former;
  }

  /** Resolves once there were two writes more. */
  async goOn(): Promise<void> {
    const { length } = this.works;
    await this.eventually('one works', () => this.works.length >= length + 2);
  }

  /** @throws Error with all that they printed, if it does not come to pass. */
  async eventually(what: string, check: () => boolean): Promise<void> {
    await until(what, check, LIMIT_MS).catch((error: unknown) => {
      throw new Error(`the workers printed:\n${this.#output}`, { cause: error });
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#started.map((worker) => worker.kill()));
  }

  get #output(): string {
    return this.#started.map(({ lines, errors }) => `${lines.join('\n')}\n${errors}`).join('\n');
  }

  #start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const worker = new Program(words, {
      PATH: process.env.PATH,
      SHARED_LOCK_ADDRESS: this.#daemon.grpcAddress,
      SHARED_LOCK_URL: this.#daemon.url,
      TTL_SECONDS,
      ...this.#env,
      ...env,
    });
    this.#started.push(worker);
    return worker;
  }
}
