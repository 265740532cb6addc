import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ProtobufWriter } from './protobuf.js';

/** One place in the program, as V8 names it. Lines count from 0. */
export interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** Stack of frames, innermost first, with what was measured there. */
export interface Sample {
  readonly stack: readonly Frame[];
  readonly values: readonly number[];
}

export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

export interface Profile {
  readonly valueTypes: readonly ValueType[];
  readonly samples: Iterable<Sample>;
  readonly period: ValueType & { readonly value: number };
  readonly durationNanos: number;
}

/**
 * A profile in pprof's format (profile.proto of https://github.com/google/pprof), gzipped, as
 * `go tool pprof` and everything else that draws flame graphs reads it.
 */
export async function encodeProfile(profile: Profile): Promise<Buffer> {
  const tables = new Tables();
  const out = new ProtobufWriter();
  for (const { type, unit } of profile.valueTypes) {
    out.message(1, (message) => message.number(1, tables.text(type)).number(2, tables.text(unit)));
  }
  for (const { stack, values } of profile.samples) {
    const locations = stack.map((frame) => tables.location(frame));
    out.message(2, (message) => message.numbers(1, locations).numbers(2, values));
  }
  const { type, unit, value } = profile.period;
  const periodType = [tables.text(type), tables.text(unit)] as const;
  tables.write(out);
  out.number(10, profile.durationNanos);
  out.message(11, (message) => message.number(1, periodType[0]).number(2, periodType[1]));
  out.number(12, value);
  return promisify(gzip)(out.finish());
}

/** Strings, functions and locations, each written once and named by number. */
class Tables {
  readonly #texts = new Map<string, number>([['', 0]]);
  readonly #functions = new Map<string, { readonly id: number; readonly frame: Frame }>();

  text(value: string): number {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    this.#texts.set(value, this.#texts.size);
    return this.#texts.size - 1;
  }

  /** V8 tells no line within a function here, so that a location is a function; both begin at 1. */
  location(frame: Frame): number {
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}`;
    const known = this.#functions.get(key);
    if (known !== undefined) return known.id;
    const id = this.#functions.size + 1;
    this.#functions.set(key, { id, frame });
    return id;
  }

  write(out: ProtobufWriter): void {
    for (const { id, frame } of this.#functions.values()) {
      const line = frame.lineNumber + 1;
      const name = this.text(frame.functionName || '(anonymous)');
      const file = this.text(frame.url);
      out.message(4, (location) =>
        location.number(1, id).message(4, (at) => at.number(1, id).number(2, line)),
      );
      out.message(5, (fn) =>
        fn.number(1, id).number(2, name).number(3, name).number(4, file).number(5, line),
      );
    }
    for (const text of this.#texts.keys()) out.text(6, text);
  }
}
