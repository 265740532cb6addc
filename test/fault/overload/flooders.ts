import { fileURLToPath } from 'node:url';
import { Program } from '../../support/child.js';
import type { FloodTarget } from './flood.js';
import type { FloodName } from './floods/all.js';

const PROGRAM = fileURLToPath(new URL('flooder.ts', import.meta.url));

/** Processes that flood a daemon, so that whoever else is in ours has its event loop. */
export class Flooders {
  readonly #flooders: readonly Program[];

  private constructor(flooders: readonly Program[]) {
    this.#flooders = flooders;
  }

  static async start(count: number, { httpPort, grpcPort, from }: FloodTarget): Promise<Flooders> {
    const command = [process.execPath, '--import', 'tsx', PROGRAM];
    const flooders = Array.from({ length: count }, () => {
      return new Program([...command, String(httpPort), String(grpcPort), from]);
    });
    await Promise.all(flooders.map((flooder) => flooder.until(() => flooder.lines.length > 0)));
    return new Flooders(flooders);
  }

  /** All of these at once. @returns how often each did what it does. */
  async flood(
    names: readonly FloodName[],
    durationMs: number,
  ): Promise<Readonly<Record<string, number>>> {
    const counts = this.#flooders.map(async (flooder, index) => {
      const its = names.filter((_, at) => at % this.#flooders.length === index);
      if (its.length === 0) return {};
      const said = flooder.lines.length;
      flooder.write(`${durationMs} ${its.join(',')}\n`);
      await flooder.until(() => flooder.lines.length > said);
      return JSON.parse(flooder.lines[said] ?? '') as Record<string, number>;
    });
    return Object.assign({}, ...(await Promise.all(counts))) as Record<string, number>;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#flooders.map((flooder) => flooder.kill()));
  }
}
