import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import protobuf from 'protobufjs';
import { encodeProfile } from '../../../src/telemetry/pprof/profile.js';
import { ProcessProfiler } from '../../../src/telemetry/pprof/profiler.js';

/** The part of pprof's profile.proto that is written. */
const SCHEMA = `syntax = "proto3"; package p;
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Location { uint64 id = 1; repeated Line line = 4; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
message Profile { repeated ValueType sample_type = 1; repeated Sample sample = 2;
  repeated Location location = 4; repeated Function function = 5; repeated string string_table = 6;
  int64 duration_nanos = 10; ValueType period_type = 11; int64 period = 12; }`;

interface Decoded {
  readonly sampleType: readonly { readonly type: number; readonly unit: number }[];
  readonly sample: readonly {
    readonly locationId: readonly number[];
    readonly value: readonly number[];
  }[];
  readonly function: readonly {
    readonly id: number;
    readonly name: number;
    readonly startLine: number;
  }[];
  readonly stringTable: readonly string[];
  readonly durationNanos: number;
  readonly period: number;
}

function decode(buffer: Buffer): Decoded {
  const type = protobuf.parse(SCHEMA).root.lookupType('p.Profile');
  const message = type.decode(gunzipSync(buffer));
  // Shaped by the schema above.
  return type.toObject(message, { longs: Number, arrays: true, defaults: true }) as Decoded;
}

/** The stacks of a profile by name, innermost first. */
function stacks(profile: Decoded): string[] {
  const names = new Map(
    profile.function.map(({ id, name }) => [id, profile.stringTable[name] ?? '']),
  );
  return profile.sample.map(({ locationId }) =>
    locationId.map((id) => names.get(id) ?? '?').join(' < '),
  );
}

describe("pprof's format", () => {
  it('carries stacks, values, names and lines', async () => {
    const main = { functionName: 'main', url: 'file:///a.js', lineNumber: 9 };
    const inner = { functionName: '', url: 'file:///b.js', lineNumber: 0 };
    const profile = decode(
      await encodeProfile({
        valueTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
        samples: [
          { stack: [inner, main], values: [2 ** 40] },
          { stack: [main], values: [0] },
        ],
        period: { type: 'cpu', unit: 'nanoseconds', value: 1000 },
        durationNanos: 5e9,
      }),
    );
    expect(stacks(profile)).to.deep.equal(['(anonymous) < main', 'main']);
    expect(profile.sample.map(({ value }) => value)).to.deep.equal([[2 ** 40], [0]]);
    expect(profile.stringTable[0]).to.equal('');
    expect(profile.function.map(({ startLine }) => startLine)).to.deep.equal([1, 10]);
    expect(profile).to.include({ durationNanos: 5e9, period: 1000 });
  });
});

describe('the profiler', () => {
  let profiler: ProcessProfiler;
  beforeEach(async () => {
    profiler = await ProcessProfiler.start();
  });
  afterEach(() => {
    profiler.stop();
  });

  it('finds the function that the time goes into', async () => {
    let isOver = false;
    let total = 0;
    // Called by Node.js itself: what is called by other functions, V8 may make a part of them.
    function busyWithNumbers(): void {
      for (let i = 0; i < 2_000_000; i++) total += Math.sqrt(i);
      if (!isOver) setImmediate(busyWithNumbers);
    }
    const profiling = profiler.cpu(0.5);
    // V8 of Node.js 22 and 24 does not know what it had optimized before a profile began.
    setTimeout(busyWithNumbers, 50);
    const profile = decode(await profiling);
    isOver = true;
    expect(total).to.be.above(0);
    expect(stacks(profile).join('\n')).to.contain('busyWithNumbers < ');
    expect(profile.sampleType).to.have.lengthOf(2);
  });

  it('makes one at a time', async () => {
    const abort = new AbortController();
    const first = profiler.cpu(60, abort.signal);
    let refusal: unknown;
    await profiler.cpu(1).catch((error: unknown) => {
      refusal = error;
    });
    expect(refusal).to.have.property('code', 'RESOURCE_EXHAUSTED');
    abort.abort();
    expect(decode(await first).durationNanos).to.be.below(30e9);
    expect(decode(await profiler.cpu(0.01)).sampleType).to.have.lengthOf(2);
  });

  it('finds what memory is used for', async () => {
    const kept: number[][] = [];
    function allocateMuch(): void {
      for (let i = 0; i < 200; i++) kept.push(Array.from({ length: 20_000 }, (_, j) => i * j));
    }
    allocateMuch();
    const profile = decode(await profiler.heap());
    expect(stacks(profile).join('\n')).to.contain('allocateMuch');
    expect(kept).to.have.lengthOf(200);
  });
});
