/** One damage of a data file, the same for the same seed. */
export interface Damaged {
  readonly file: Buffer;
  /** In words. */
  readonly how: string;
}

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
const KINDS = 9;

/**
 * @param good a file of LMDB.
 * @param older the same file a while before: its pages are what a disk has that has lost a write.
 */
export function damage(good: Buffer, older: Buffer, seed: number): Damaged {
  const random = randomOf(seed);
  const file = Buffer.from(good);
  const used = usedPages(good);
  const page = random(used);
  const at = page * PAGE_BYTES;
  switch (seed % KINDS) {
    case 0: {
      // Most of a page is records, which have sums: its first bytes are LMDB's own.
      const byte = at + random(random(2) === 0 ? 160 : PAGE_BYTES);
      const bit = random(8);
      file[byte] = (file[byte] ?? 0) ^ (1 << bit);
      return { file, how: `bit ${bit} of byte ${byte - at} of page ${page} flipped` };
    }
    case 1:
      file.fill(0, at, at + PAGE_BYTES);
      return { file, how: `page ${page} zeroed` };
    case 2: {
      const sector = at + random(PAGE_BYTES / SECTOR_BYTES) * SECTOR_BYTES;
      file.fill(0, sector, sector + SECTOR_BYTES);
      return { file, how: `byte ${sector - at} and on of page ${page} zeroed` };
    }
    case 3:
      for (let each = at; each < at + PAGE_BYTES; each++) file[each] = random(256);
      return { file, how: `page ${page} random` };
    case 4: {
      const from = random(used);
      good.copy(file, at, from * PAGE_BYTES, (from + 1) * PAGE_BYTES);
      return { file, how: `page ${page} has what page ${from} should have` };
    }
    case 5: {
      const end = random(used * PAGE_BYTES);
      return { file: file.subarray(0, end), how: `cut at byte ${end}` };
    }
    case 6: {
      const word = at + 2 * random(24);
      file.writeUInt16LE(random(65_536), word);
      return { file, how: `bytes ${word - at} and ${word - at + 1} of page ${page} random` };
    }
    case 7: {
      const bytes = 1 + random(64);
      const from = at + random(PAGE_BYTES - bytes);
      for (let each = from; each < from + bytes; each++) file[each] = random(256);
      return { file, how: `${bytes} bytes at ${from - at} of page ${page} random` };
    }
    default:
      older.copy(file, at, at, at + PAGE_BYTES);
      return { file, how: `page ${page} as it was a while before` };
  }
}

/** Pages up to the last one that LMDB has used, by the newer meta page. */
function usedPages(file: Buffer): number {
  const [first, second] = [0, PAGE_BYTES].map((at) => ({
    last: Number(file.readBigUInt64LE(at + 144)),
    transaction: file.readBigUInt64LE(at + 152),
  }));
  if (first === undefined || second === undefined) throw new Error('two meta pages');
  return (first.transaction > second.transaction ? first : second).last + 1;
}

/** Whole numbers below a bound (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
