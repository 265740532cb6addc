import { Session, type HeapProfiler, type Profiler } from 'node:inspector/promises';
import { Fault } from '../../core/errors.js';
import { encodeProfile, type Frame, type Sample } from './profile.js';

const SAMPLING_MICROSECONDS = 1000;
const HEAP_SAMPLING_BYTES = 512 * 1024;

/**
 * Profiles of this process, by V8's own profilers. Sampling the heap starts at once, since only what is
 * allocated from then on is seen; it costs little.
 */
export class ProcessProfiler {
  readonly #session: Session;
  #isBusy = false;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async start(): Promise<ProcessProfiler> {
    const session = new Session();
    session.connect();
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_SAMPLING_BYTES });
    return new ProcessProfiler(session);
  }

  stop(): void {
    this.#session.disconnect();
  }

  /**
   * Where the processor's time goes, measured for so long; ends early if the signal aborts. On Node.js 22 and 24 the time of a
   * function that V8 had optimized before counts as that of its caller.
   * @throws Fault RESOURCE_EXHAUSTED if one is being made already.
   */
  async cpu(seconds: number, signal?: AbortSignal): Promise<Buffer> {
    if (this.#isBusy) {
      throw new Fault('RESOURCE_EXHAUSTED', 'a profile is being made already; try again after it');
    }
    this.#isBusy = true;
    try {
      await this.#session.post('Profiler.enable');
      await this.#session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
      await this.#session.post('Profiler.start');
      await pause(seconds, signal);
      const { profile } = await this.#session.post('Profiler.stop');
      return await encodeCpu(profile);
    } finally {
      await this.#session.post('Profiler.disable');
      this.#isBusy = false;
    }
  }

  /** What is in memory now, by where it was allocated. */
  async heap(): Promise<Buffer> {
    const { profile } = await this.#session.post('HeapProfiler.getSamplingProfile');
    return encodeProfile({
      valueTypes: [{ type: 'inuse_space', unit: 'bytes' }],
      samples: heapSamples(profile.head, []),
      period: { type: 'space', unit: 'bytes', value: HEAP_SAMPLING_BYTES },
      durationNanos: 0,
    });
  }
}

function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timeout = setTimeout(end, seconds * 1000);
    if (signal?.aborted === true) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}

function encodeCpu(profile: Profiler.Profile): Promise<Buffer> {
  return encodeProfile({
    valueTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    samples: cpuSamples(profile),
    period: { type: 'cpu', unit: 'nanoseconds', value: SAMPLING_MICROSECONDS * 1000 },
    durationNanos: (profile.endTime - profile.startTime) * 1000,
  });
}

/** One sample for each node of the call tree that was met at work. */
function* cpuSamples(profile: Profiler.Profile): Generator<Sample> {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of profile.nodes) {
    for (const child of node.children ?? []) parents.set(child, node);
  }
  const met = timeByNode(profile);
  for (const node of profile.nodes) {
    const found = met.get(node.id);
    if (found === undefined || node.callFrame.functionName === '(idle)') continue;
    yield { stack: stackOf(node, parents), values: [found.count, found.micros * 1000] };
  }
}

function timeByNode(profile: Profiler.Profile): Map<number, { count: number; micros: number }> {
  const met = new Map<number, { count: number; micros: number }>();
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const found = met.get(id) ?? { count: 0, micros: 0 };
    found.count += 1;
    found.micros += Math.max(0, profile.timeDeltas?.[index] ?? 0);
    met.set(id, found);
  }
  return met;
}

function stackOf(
  node: Profiler.ProfileNode,
  parents: ReadonlyMap<number, Profiler.ProfileNode>,
): Frame[] {
  const stack: Frame[] = [];
  let at: Profiler.ProfileNode | undefined = node;
  while (at !== undefined) {
    if (at.callFrame.functionName !== '(root)') stack.push(at.callFrame);
    at = parents.get(at.id);
  }
  return stack;
}

function* heapSamples(
  node: HeapProfiler.SamplingHeapProfileNode,
  callers: readonly Frame[],
): Generator<Sample> {
  const isRoot = node.callFrame.functionName === '(root)';
  const stack = isRoot ? callers : [node.callFrame, ...callers];
  if (node.selfSize > 0 && stack.length > 0) yield { stack, values: [node.selfSize] };
  for (const child of node.children) yield* heapSamples(child, stack);
}
