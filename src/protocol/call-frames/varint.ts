/** Bytes of a varint of up to 32 bits. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes an unsigned number of up to 32 bits. @returns where the next one begins. */
export function writeVarint(into: Buffer, at: number, value: number): number {
  let next = at;
  let left = value;
  while (left > 0x7f) {
    into[next++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  into[next++] = left;
  return next;
}
