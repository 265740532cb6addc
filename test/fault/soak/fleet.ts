import { Child } from '../../support/child.js';
import type { Recorder } from './history.js';
import type { SoakWorld } from './world.js';
import type { WorkerSettings } from './worker.js';

/** From the soak's folder; `Child` looks for scripts in that of the support. */
const SCRIPT = '../fault/soak/worker.js';

/** The client processes of a soak. One that is killed is followed by another, with a history of its own. */
export class Fleet {
  readonly #world: SoakWorld;
  readonly #recorder: Recorder;
  readonly #folder: string;
  readonly #seed: number;
  readonly #members: Member[];

  constructor(world: SoakWorld, recorder: Recorder, folder: string, seed: number) {
    this.#world = world;
    this.#recorder = recorder;
    this.#folder = folder;
    this.#seed = seed;
    this.#members = world.clientLinks.map((_, client) => this.#start(client, 0));
  }

  signal(client: number, signal: NodeJS.Signals): void {
    this.#member(client).child.signal(signal);
  }

  /** Kills one at once, and starts the next. */
  async replace(client: number): Promise<void> {
    const member = this.#member(client);
    member.isKilled = true;
    await member.child.kill();
    this.#members[client] = this.#start(client, member.life + 1);
  }

  tell(client: number, command: string): void {
    this.#member(client).child.write(`${command}\n`);
  }

  /** Resolves when all have begun to work. */
  async working(boundMs: number): Promise<void> {
    const begun = this.#members.map(({ child }) =>
      child.until(() => child.lines.includes('works')),
    );
    await within(Promise.all(begun), boundMs);
  }

  /** Tells all, and waits until each has answered with a line, at most for so long. */
  async ask(command: string, answer: string, boundMs: number): Promise<void> {
    const answered = this.#members.map(async ({ child }, client) => {
      this.tell(client, command);
      await child.until(() => child.lines.includes(answer)).catch(() => undefined);
    });
    await within(Promise.all(answered), boundMs);
  }

  /** Has all end by themselves, at most for so long; then they are killed. */
  async finish(boundMs: number): Promise<void> {
    for (const client of this.#members.keys()) this.tell(client, 'finish');
    await within(Promise.all(this.#members.map(({ gone }) => gone)), boundMs);
    for (const member of this.#members) member.child.signal('SIGKILL');
    await Promise.all(this.#members.map(({ gone }) => gone));
  }

  #member(client: number): Member {
    const member = this.#members[client];
    if (member === undefined) throw new Error(`no client ${client}`);
    return member;
  }

  #start(client: number, life: number): Member {
    const process = `client-${client}-${life}`;
    const settings: WorkerSettings = {
      who: process,
      folder: this.#folder,
      seed: this.#seed * 1000 + client * 100 + life,
      addresses: this.#world.addressesFor(client),
    };
    this.#recorder.record({ kind: 'started', process });
    const child = new Child(SCRIPT, [JSON.stringify(settings)]);
    const gone = child.ended().then(() => {
      const how = String(child.exitCode ?? child.errors);
      this.#recorder.record({ kind: 'exited', process, expected: member.isKilled, how });
    });
    const member: Member = { child, gone, life, isKilled: false };
    return member;
  }
}

interface Member {
  readonly child: Child;
  readonly gone: Promise<void>;
  readonly life: number;
  isKilled: boolean;
}

/** Resolves when the work has ended, or the time is over. */
async function within(work: Promise<unknown>, boundMs: number): Promise<void> {
  const over = new AbortController();
  const limit = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, boundMs);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  await Promise.race([work, limit]);
  over.abort();
}
