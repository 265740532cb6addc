import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Sums of the source and of what was compiled of it. */
const HEAD_BYTES = 8;

/** A script that runs, and how it was compiled. */
export interface Compiled {
  readonly exports: unknown;
  /** Whether that was done in an earlier process. */
  readonly isFromCache: boolean;
  /**
   * Keeps what V8 has compiled of it until now for the next process, unless that is there. To no avail if the folder can't be
   * written to: then each process compiles. It takes some 20 ms, once for each version of V8.
   */
  readonly keep: () => void;
}

type Wrapper = (
  exports: unknown,
  require: NodeJS.Require,
  module: { exports: unknown },
  filename: string,
  dirname: string,
) => void;

/**
 * Runs a script that is one function with the parameters of a CommonJS module, in ASCII. What an earlier process
 * compiled lies beside it, in the same hands as the script itself, and in a file for each version of V8. It is used if it was made of just
 * this source and is whole, which V8 does not look at, and if V8 takes it, which it does not under other flags.
 */
export function runCompiled(file: string): Compiled {
  const bytes = readFileSync(file);
  const sum = crc32(bytes);
  const cacheFile = `${file}.${process.versions.v8}-${process.arch}.cache`;
  const cachedData = readCache(cacheFile, sum);
  const script = new Script(bytes.toString('latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module: { exports: unknown } = { exports: {} };
  const wrapper = script.runInThisContext() as Wrapper;
  wrapper(module.exports, createRequire(file), module, file, dirname(file));
  return {
    exports: module.exports,
    isFromCache: cachedData !== undefined && script.cachedDataRejected === false,
    keep: () => {
      if (cachedData === undefined) writeCache(cacheFile, sum, script.createCachedData());
    },
  };
}

function readCache(file: string, sum: number): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    // Nobody has made it yet.
    return undefined;
  }
  if (bytes.length <= HEAD_BYTES || bytes.readUInt32LE(0) !== sum) return undefined;
  const data = bytes.subarray(HEAD_BYTES);
  return crc32(data) === bytes.readUInt32LE(4) ? data : undefined;
}

function writeCache(file: string, sum: number, data: Buffer): void {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(sum, 0);
  head.writeUInt32LE(crc32(data), 4);
  const unfinished = `${file}.${process.pid}-${Date.now()}`;
  try {
    writeFileSync(unfinished, Buffer.concat([head, data]), { flag: 'wx', mode: 0o644 });
    renameSync(unfinished, file);
  } catch {
    // The program belongs to somebody else, or the disk is full: it works without.
    rmSync(unfinished, { force: true });
  }
}
