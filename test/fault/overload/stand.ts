import type { DaemonProcess } from '../../support/daemon-process.js';
import type { MeasuredDaemon } from '../../support/measured-daemon.js';
import { askOnce, lockOnce } from './ask-once.js';
import { pause } from './flood.js';
import { Flooders } from './flooders.js';
import type { FloodName } from './floods/all.js';
import { settledHolders, startHolders, type Holder } from './holders.js';
import { levelsOf, raised, type Levels } from './levels.js';
import { PeakMemory, Starvation } from './strain.js';

/** Another caller than those who hold locks: they come from 127.0.0.1. */
const FROM = '127.0.0.2';
const PROBE_EVERY_MS = 200;
const QUICK_MS = 500;
const CALM_WITHIN_MS = 10_000;

/** What floods did to others. Times are in ms; but for renewals, without those for which the machine gave no processor. */
export interface Outcome {
  /** How often each flood did what it does. */
  readonly counts: Readonly<Record<string, number>>;
  /** What holders were told of their losses, and those who ask for health instead of an answer. */
  readonly troubles: readonly string[];
  readonly worstRenewalMs: number;
  /** The same of those who were connected before. */
  readonly worstSettledMs: number;
  readonly worstHealthMs: number;
  /** Of the daemon's event loop, in CPU time. */
  readonly longestBlockMs: number;
  readonly peakMebibytes: number;
  /** How long after the flood all was as before; or what was not. */
  readonly calm: number | string;
  /** How much longer the daemon took for everything than on a machine that has processors for all. */
  readonly slowdown: number;
}

/** A daemon with those who hold locks there, and those who flood it. */
export class Stand {
  readonly #measured: MeasuredDaemon;
  readonly #daemon: DaemonProcess;
  readonly #flooders: Flooders;
  readonly #starvation: Starvation;
  readonly #memory: PeakMemory;
  #settled: Promise<readonly Holder[]> = Promise.resolve([]);
  #settledTtlMs = 0;

  private constructor(measured: MeasuredDaemon, flooders: Flooders) {
    this.#measured = measured;
    this.#daemon = measured.daemon;
    this.#flooders = flooders;
    this.#starvation = new Starvation(measured.daemon.pid);
    this.#memory = new PeakMemory(measured.daemon.pid);
  }

  /** @param flooders how many processes flood it. */
  static async open(measured: MeasuredDaemon, flooders = 1): Promise<Stand> {
    const { httpPort, grpcPort } = measured.daemon;
    return new Stand(measured, await Flooders.start(flooders, { httpPort, grpcPort, from: FROM }));
  }

  /** @param ttlMs of those who hold locks. */
  async flood(names: readonly FloodName[], durationMs: number, ttlMs: number): Promise<Outcome> {
    const settled = await this.#settledFor(ttlMs);
    const before = await levelsOf(this.#daemon);
    const holders = await startHolders(this.#daemon, ttlMs);
    this.#memory.begin();
    const [beganMs, starvedMs] = [performance.now(), this.#starvation.otherMs];
    let isOver = false;
    const health = this.#probe(() => isOver);
    let counts: Outcome['counts'] = {};
    let calm: Outcome['calm'] = '';
    const longestBlockMs = await this.#measured.longestBlockMs(async () => {
      counts = await this.#flooders.flood(names, durationMs);
      calm = await this.#calm(before);
    });
    isOver = true;
    const [worstHealthMs, troubles] = await health;
    const tookMs = performance.now() - beganMs;
    const givenMs = Math.max(tookMs - (this.#starvation.otherMs - starvedMs), tookMs / 10);
    const outcome = {
      ...{ counts, calm, worstHealthMs, longestBlockMs },
      troubles: [
        ...troubles,
        ...holders.flatMap(({ loss }) => loss ?? []),
        ...settled.flatMap(({ loss }) => (loss === undefined ? [] : `connected before: ${loss}`)),
      ],
      worstRenewalMs: Math.max(...holders.map(({ worstMs }) => worstMs)),
      worstSettledMs: Math.max(...settled.map(({ worstMs }) => worstMs)),
      peakMebibytes: this.#memory.mebibytes,
      slowdown: tookMs / givenMs,
    };
    await Promise.all(holders.map((holder) => holder.stop()));
    return outcome;
  }

  async close(): Promise<void> {
    await this.#settle(0);
    this.#starvation.stop();
    await this.#flooders.stop();
    await this.#measured.dispose();
  }

  /** Those who hold locks all the time, and are connected; others if these have another TTL, or one was lost. */
  async #settledFor(ttlMs: number): Promise<readonly Holder[]> {
    const areLost = (await this.#settled).some(({ loss }) => loss !== undefined);
    if (areLost || this.#settledTtlMs !== ttlMs) await this.#settle(ttlMs);
    const settled = await this.#settled;
    for (const holder of settled) holder.forget();
    return settled;
  }

  /** @param ttlMs 0: nobody. */
  async #settle(ttlMs: number): Promise<void> {
    await Promise.all((await this.#settled).map((holder) => holder.stop()));
    this.#settledTtlMs = ttlMs;
    this.#settled = ttlMs === 0 ? Promise.resolve([]) : settledHolders(this.#daemon, ttlMs);
  }

  /** What something took, in ms that the machine gave. */
  async #timed(run: () => Promise<unknown>): Promise<number> {
    const [beganMs, starvedMs] = [performance.now(), this.#starvation.ms];
    await run();
    return Math.max(0, performance.now() - beganMs - (this.#starvation.ms - starvedMs));
  }

  /** @returns the longest that an answer of health took, and what was wrong with answers. */
  async #probe(isOver: () => boolean): Promise<readonly [number, readonly string[]]> {
    const troubles: string[] = [];
    let worstMs = 0;
    while (!isOver()) {
      const tookMs = await this.#timed(async () => {
        const { status } = await askOnce(this.#daemon, 'GET', '/livez');
        if (status !== 200) troubles.push(`/livez: ${status}`);
      }).catch((error: unknown) => {
        troubles.push(`/livez: ${String(error)}`);
        return 0;
      });
      worstMs = Math.max(worstMs, tookMs);
      await pause(PROBE_EVERY_MS);
    }
    return [worstMs, troubles];
  }

  async #calm(before: Levels): Promise<number | string> {
    const [beganMs, starvedMs] = [performance.now(), this.#starvation.ms];
    for (;;) {
      const unrest = await this.#unrest(before).catch(String);
      const tookMs = performance.now() - beganMs - (this.#starvation.ms - starvedMs);
      if (unrest === '') return Math.max(0, tookMs);
      if (tookMs > CALM_WITHIN_MS) return unrest;
      await pause(100);
    }
  }

  /** What is not as before; empty: nothing. */
  async #unrest(before: Levels): Promise<string> {
    const tookMs = await this.#timed(() => lockOnce(this.#daemon, 'plain'));
    if (tookMs > QUICK_MS) return `a plain lock took ${tookMs.toFixed(0)} ms`;
    return raised(before, await levelsOf(this.#daemon));
  }
}
