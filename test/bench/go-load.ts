import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measured } from './measure.js';

const GO = ['go', '/usr/local/go/bin/go'];
const SOURCE = 'test/bench/go';

/** Who takes and gives back the locks, and over which calls. */
export interface GoLoad {
  readonly side: 'stream' | 'unary' | 'etcd';
  readonly address: string;
  /** That holds the locks. */
  readonly lease: string;
  readonly prefix: string;
}

/** The load generator of test/bench/go, which costs much less than one in Node; undefined where there is no Go to build it. */
export function buildGoLoad(): GoProgram | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'shared-lock-load-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const program = join(folder, 'load');
  const isBuilt = GO.some(
    (go) => spawnSync(go, ['build', '-C', SOURCE, '-o', program, '.']).status === 0,
  );
  return isBuilt ? new GoProgram(program) : undefined;
}

export class GoProgram {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async measure(load: GoLoad, inFlight: number, forMs: number): Promise<Measured> {
    const words = [
      ...['-side', load.side, '-address', load.address, '-lease', load.lease],
      ...['-prefix', load.prefix, '-in-flight', String(inFlight), '-for', `${forMs}ms`],
    ];
    const { stdout } = await promisify(execFile)(this.#path, words);
    return JSON.parse(stdout) as Measured; // as its `result` is written
  }
}
