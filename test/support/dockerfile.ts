import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

/** One line of a Dockerfile, continuations joined: `COPY --from=build /a ./`. */
export interface Instruction {
  readonly keyword: string;
  readonly flags: Readonly<Record<string, string>>;
  /** What stands behind the flags. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** What a finished stage is. */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Reads as much of the language of Dockerfiles as ours uses. @throws Error for anything else. */
export function readDockerfile(path: string): Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  const text = readFileSync(path, 'utf8').replace(/^\s*#.*\n/gm, '');
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    if (line.trim() === '') continue;
    const instruction = readInstruction(line);
    if (instruction.keyword === 'FROM') {
      const [base = '', , name = ''] = instruction.text.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`${line}: before the first FROM`);
      stage.instructions.push(instruction);
    }
  }
  return stages;
}

function readInstruction(line: string): Instruction {
  const [, keyword = '', rest = ''] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
  if (keyword === '') throw new Error(`${line}: is no instruction`);
  const flags: Record<string, string> = {};
  const text = rest.replace(/^(?:--[a-z-]+=\S+\s+)+/, (all) => {
    for (const flag of all.trim().split(/\s+/)) {
      const [name = '', value = ''] = flag.slice(2).split('=');
      flags[name] = value;
    }
    return '';
  });
  return { keyword, flags, text: text.trim() };
}

/** The words of an instruction in exec form. @throws Error if it is in shell form. */
export function execForm(text: string): string[] {
  const parsed: unknown = JSON.parse(text);
  const words = Array.isArray(parsed) ? parsed.map(String) : [];
  if (words.length === 0) throw new Error(`${text}: is not in exec form`);
  return words;
}

/** `NAME=value NAME="some value"`, of ENV and LABEL. */
export function pairs(text: string): Record<string, string> {
  const found = text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g);
  return Object.fromEntries(
    [...found].map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain] as const),
  );
}

/**
 * Carries out the steps of a Dockerfile without a container: each stage in a folder that stands for its root.
 * RUN gets that folder as its place only, so what it runs must name no absolute path.
 */
export class DockerfileBuild {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'sl-image-'));
  readonly #images = new Map<string, Image>();
  readonly #context: string;

  /** @param context the folder that COPY copies from. */
  constructor(context: string) {
    this.#context = context;
  }

  /** @throws Error with the output of the step that failed. */
  async build(stages: readonly Stage[]): Promise<Image> {
    let last: Image | undefined;
    for (const [index, stage] of stages.entries()) {
      last = await this.#stage(stage, join(this.#scratch, String(index)));
      this.#images.set(stage.name, last);
    }
    if (last === undefined) throw new Error('there is no stage');
    return last;
  }

  dispose(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #stage({ instructions }: Stage, root: string): Promise<Image> {
    mkdirSync(root);
    let workdir = '/';
    const env: Record<string, string> = {};
    for (const { keyword, flags, text } of instructions) {
      switch (keyword) {
        case 'WORKDIR':
          workdir = text;
          mkdirSync(join(root, workdir), { recursive: true });
          break;
        case 'ENV':
          Object.assign(env, pairs(text));
          break;
        case 'COPY':
          this.#copy(text.split(/\s+/), flags.from, { root, workdir });
          break;
        case 'RUN':
          await run(text, join(root, workdir), env);
          break;
        default:
          // The others say how the image is run.
          break;
      }
    }
    return { root, workdir, env };
  }

  #copy(
    paths: readonly string[],
    stage: string | undefined,
    { root, workdir }: Pick<Image, 'root' | 'workdir'>,
  ): void {
    const from = stage === undefined ? this.#context : this.#images.get(stage)?.root;
    if (from === undefined) throw new Error(`COPY from a stage that is not there: ${stage ?? ''}`);
    const to = join(root, resolve(workdir, paths.at(-1) ?? ''));
    for (const path of paths.slice(0, -1)) {
      const source = join(from, path);
      // A folder's content is copied, and a file to a place that ends with a slash keeps its name.
      const place = statSync(source).isDirectory() ? to : join(to, basename(path));
      cpSync(source, place, { recursive: true, verbatimSymlinks: true });
    }
  }
}

async function run(command: string, folder: string, env: Readonly<Record<string, string>>) {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`RUN ${command} ended with ${code}:\n${output.slice(-4000)}`);
}
