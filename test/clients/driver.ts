import { existsSync, readFileSync } from 'node:fs';
import { Program } from '../support/child.js';

/** An entry of clients/conformance/clients.json. */
export interface ClientEntry {
  readonly name: string;
  readonly driver: readonly string[];
  /** A file that there must be to run it; absent: there is all that it takes. */
  readonly needs?: string;
  /** Commands that the library has nothing for. */
  readonly without: readonly string[];
}

/** Those that CONFORMANCE_CLIENTS names, such as `python,go`; default: all that this machine can run. */
export function clientsHere(): ClientEntry[] {
  const entries = Object.entries(
    JSON.parse(readFileSync('clients/conformance/clients.json', 'utf8')) as Record<
      string,
      Omit<ClientEntry, 'name'>
    >,
  ).map(([name, entry]) => ({ name, ...entry }));
  const asked = process.env.CONFORMANCE_CLIENTS?.split(',');
  return entries.filter(
    ({ name, needs }) => asked?.includes(name) ?? (needs === undefined || existsSync(needs)),
  );
}

/** What a line of a driver has beside its id. */
export type Line = Readonly<Record<string, unknown>>;

/** A command that failed, as the client said. */
export class CommandError extends Error {
  readonly code: string;
  readonly reason: string;

  constructor({ code, reason, message }: { code: string; reason: string; message: string }) {
    super(`${code} ${reason}: ${message}`);
    this.code = code;
    this.reason = reason;
  }
}

interface Answer extends Line {
  readonly ok?: Line;
  readonly error?: { readonly code: string; readonly reason: string; readonly message: string };
}

/** A driver as a process: what the suite says to it, and what it tells. */
export class Driver {
  readonly #program: Program;
  readonly #answers = new Map<number, Answer>();
  readonly #events: Line[] = [];
  #read = 0;
  #lastId = 0;

  private constructor(entry: ClientEntry) {
    this.#program = new Program(entry.driver);
  }

  /** With a client of the daemons at these addresses. */
  static async start(
    entry: ClientEntry,
    addresses: readonly string[],
    options: Line = {},
  ): Promise<Driver> {
    const driver = new Driver(entry);
    await driver.call('connect', { addresses, ...options });
    return driver;
  }

  /** Resolves to what the command is answered. @throws CommandError */
  call(command: string, members: Line = {}): Promise<Line> {
    return this.begin(command, members).answer;
  }

  /** Begins a command that may wait. */
  begin(
    command: string,
    members: Line = {},
  ): { readonly id: number; readonly answer: Promise<Line> } {
    const id = ++this.#lastId;
    this.#program.write(`${JSON.stringify({ id, do: command, ...members })}\n`);
    const answer = this.#answerTo(id);
    // It may be awaited later, or by nobody.
    answer.catch(() => undefined);
    return { id, answer };
  }

  /** Resolves to the first event that has these members, from the beginning. */
  async event(members: Line): Promise<Line> {
    let found: Line | undefined;
    await this.#program.until(() => {
      found = this.told(members)[0];
      return found !== undefined;
    });
    return found ?? {};
  }

  /** The events so far that have these members. */
  told(members: Line): Line[] {
    this.#take();
    return this.#events.filter((event) =>
      Object.entries(members).every(([name, value]) => event[name] === value),
    );
  }

  /** SIGSTOP. */
  pause(): void {
    this.#program.signal('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#program.signal('SIGCONT');
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#program.kill();
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#program.errors;
  }

  async #answerTo(id: number): Promise<Line> {
    await this.#program.until(() => {
      this.#take();
      return this.#answers.has(id);
    });
    const { ok, error } = this.#answers.get(id) ?? {};
    this.#answers.delete(id);
    if (error !== undefined) throw new CommandError(error);
    return ok ?? {};
  }

  #take(): void {
    const { lines } = this.#program;
    for (; this.#read < lines.length; this.#read++) {
      const line = JSON.parse(lines[this.#read] ?? '') as Answer; // by the driver
      if (typeof line.id === 'number') this.#answers.set(line.id, line);
      else this.#events.push(line);
    }
  }
}
