import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './child.js';
import { DaemonProcess, type DaemonOptions } from './daemon-process.js';

const PROBE = new URL('./loop-probe.mjs', import.meta.url).href;

/** The probe tells of a block when it is over. */
const SETTLE_MS = 100;

/** A built daemon that tells how long its event loop was kept. Linux only. */
export class MeasuredDaemon {
  readonly daemon: DaemonProcess;
  readonly #folder: string;

  private constructor(daemon: DaemonProcess, folder: string) {
    this.daemon = daemon;
    this.#folder = folder;
  }

  static async start(options: DaemonOptions = {}): Promise<MeasuredDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'sl-probe-'));
    const file = fileIn(folder);
    await writeFile(file, '');
    const daemon = await DaemonProcess.start({
      ...options,
      nodeArgs: [...(options.nodeArgs ?? []), '--import', PROBE],
      env: { ...options.env, LOOP_PROBE_FILE: file },
    });
    return new MeasuredDaemon(daemon, folder);
  }

  /** The most CPU time that the event loop used without a pause while `work` ran, in ms; 0 if it is below 10. */
  async longestBlockMs(work: () => Promise<unknown>): Promise<number> {
    const file = fileIn(this.#folder);
    // What began before.
    await pause(SETTLE_MS);
    await writeFile(file, '');
    await work();
    await pause(SETTLE_MS);
    return longestIn(await readFile(file, 'utf8'));
  }

  async dispose(): Promise<void> {
    await this.daemon.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The same of a script, to show that the probe finds what it is for. */
export async function probedBlockMs(script: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sl-probe-'));
  const file = fileIn(folder);
  await writeFile(file, '');
  const whole = `setTimeout(() => { ${script} }, 300); setTimeout(() => {}, 800)`;
  const env = { PATH: process.env.PATH, LOOP_PROBE_FILE: file };
  const program = new Program([process.execPath, '--import', PROBE, '-e', whole], env);
  await program.ended();
  const longestMs = longestIn(await readFile(file, 'utf8'));
  await rm(folder, { recursive: true });
  return longestMs;
}

function longestIn(text: string): number {
  const lines = text.split('\n').slice(0, -1);
  return Math.max(0, ...lines.map((line) => Number(line.split(' ')[1])));
}

function fileIn(folder: string): string {
  return join(folder, 'blocks');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
