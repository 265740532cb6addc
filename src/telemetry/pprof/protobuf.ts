/** Writes protocol buffers: only what pprof's format needs, which is varints and nested messages. */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** A number from 0 to 2^53-1; 0 is the default and is left out. */
  number(field: number, value: number): this {
    if (value !== 0) this.#tag(field, 0).#varint(value);
    return this;
  }

  /** Packed. */
  numbers(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(value);
    return this.bytes(field, packed.finish());
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (message: ProtobufWriter) => void): this {
    const message = new ProtobufWriter();
    write(message);
    return this.bytes(field, message.finish());
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2).#varint(value.length);
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #tag(field: number, wireType: number): this {
    this.#varint(field * 8 + wireType);
    return this;
  }

  #varint(value: number): void {
    let rest = Math.max(0, Math.round(value));
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }
}
