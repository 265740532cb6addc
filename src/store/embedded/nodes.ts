import {
  HEADER_BYTES,
  NODE_FLAG,
  NODE_HEADER_BYTES,
  OVERFLOW_BYTES,
  type PageHeader,
} from './lmdb-format.js';

/** One key with what belongs to it, on a leaf or a branch. */
export interface Node {
  /** Of a leaf. */
  readonly flags: number;
  readonly key: Buffer;
  /** Of a branch: the page below. */
  readonly child: number;
  /** Of a leaf: where its value lies on the page, or, with the flag `overflow`, where it says where. */
  readonly valueAt: number;
  readonly valueBytes: number;
}

/**
 * The nodes of a page in the order of their keys.
 * @returns undefined if they do not fill their part of the page without gaps and overlaps: LMDB moves them about
 * by their sizes.
 */
export function nodesOf(page: Buffer, header: PageHeader, isLeaf: boolean): Node[] | undefined {
  const { lower, upper } = header;
  const spaceBytes = page.length - HEADER_BYTES;
  if (lower % 2 !== 0 || lower > upper || upper > spaceBytes) return undefined;
  const nodes: Node[] = [];
  /** By where it begins: where the node ends. */
  const ends = new Map<number, number>();
  for (let at = 0; at < lower; at += 2) {
    const begin = page.readUInt16LE(HEADER_BYTES + at);
    if (begin < upper || begin + NODE_HEADER_BYTES > spaceBytes) return undefined;
    const read = readNode(page, HEADER_BYTES + begin, isLeaf);
    if (read === undefined) return undefined;
    ends.set(begin, begin + read.sizeBytes);
    nodes.push(read.node);
  }
  let end = upper;
  nodes.forEach(() => (end = ends.get(end) ?? Infinity));
  return end === spaceBytes && ends.size === nodes.length ? nodes : undefined;
}

function readNode(
  page: Buffer,
  at: number,
  isLeaf: boolean,
): { readonly node: Node; readonly sizeBytes: number } | undefined {
  const flags = page.readUInt16LE(at + 4);
  const keyBytes = page.readUInt16LE(at + 6);
  const low = page.readUInt32LE(at);
  const valueAt = at + NODE_HEADER_BYTES + keyBytes;
  // A node on a branch has no value: its flags are the high bits of the page below.
  const inPageBytes = !isLeaf ? 0 : (flags & NODE_FLAG.overflow) === 0 ? low : OVERFLOW_BYTES;
  if (valueAt + inPageBytes > page.length) return undefined;
  // Only one of the flags, if any: others are for tables with several values of a key.
  if (isLeaf && flags > NODE_FLAG.table) return undefined;
  const node = {
    flags: isLeaf ? flags : 0,
    key: page.subarray(at + NODE_HEADER_BYTES, valueAt),
    child: isLeaf ? 0 : low + flags * 2 ** 32,
    valueAt,
    valueBytes: isLeaf ? low : 0,
  };
  const sizeBytes = NODE_HEADER_BYTES + keyBytes + inPageBytes;
  return { node, sizeBytes: sizeBytes + (sizeBytes % 2) };
}
