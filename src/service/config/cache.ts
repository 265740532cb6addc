import type { Clock, Timer } from '../../clock/clock.js';
import { configNotFound, type Config, type ConfigName } from '../../core/config-document.js';
import { isFault } from '../../core/errors.js';
import type { KeyLayout } from '../../core/keys.js';
import type { Revision, Store } from '../../store/store.js';
import type { ServiceTelemetry } from '../../telemetry/service-telemetry.js';
import { CacheEntries, type CachedDocument } from './cache-entries.js';
import { CacheFollower } from './cache-follower.js';
import { readLatest, type Look } from './read.js';
import { configOf, type Found } from './records.js';

/** Namespaces that are watched at a time. The one that was read longest ago makes room. */
const MAX_NAMESPACES = 100;
/** A namespace that nobody reads is not watched any longer. */
const IDLE_MS = 600_000;
const BEAT_MS = 1000;
/** Without a beat for so long the process was paused: events may wait to be heard. */
const STALL_MS = 3000;

export interface ConfigCacheParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly layout: KeyLayout;
  readonly capacityBytes: number;
  readonly telemetry: ServiceTelemetry;
}

/**
 * Documents in this daemon's memory, of the namespaces that are read here, kept in step by one watch each. What is
 * answered as fresh is never older than this daemon's own last write, and late by as long as an event takes to come;
 * by about 10 s at most if the way to the store fell silent, since the watch is then known to be interrupted, or the
 * store out of reach. What can't be vouched for is read from the store; only if that can't be reached it is answered
 * from memory, with its age.
 */
export class ConfigCache {
  readonly #parts: ConfigCacheParts;
  readonly #entries: CacheEntries;
  /** In the order of use. */
  readonly #followers = new Map<string, CacheFollower>();
  #timer: Timer | undefined;
  #beatMs: number;

  constructor(parts: ConfigCacheParts) {
    const { store, clock, telemetry, capacityBytes } = parts;
    this.#parts = parts;
    this.#beatMs = clock.now();
    this.#entries = new CacheEntries(capacityBytes, () => {
      telemetry.cacheOperation('config_evict', 'success');
    });
    store.onHealthChange(({ ready }) => {
      if (!ready) this.#restart();
    });
  }

  /** The latest version; what is fresh in memory, as the same object each time. @throws Fault NOT_FOUND; UNAVAILABLE if the store is out of reach and nothing is remembered. */
  async get(at: ConfigName): Promise<Config> {
    const { store, layout, telemetry } = this.#parts;
    const key = layout.configs(at.namespace).head(at.name);
    const follower = this.#follower(at.namespace);
    const known = this.#entries.use(key);
    const { epoch } = follower;
    if (known !== undefined && known.epoch === epoch && store.health.ready) {
      telemetry.cacheOperation('config_get', 'hit');
      return toldOf(at, known);
    }
    if (!store.health.ready && known?.found !== undefined) return this.#stale(at, known);
    let look: Look;
    try {
      look = await readLatest(this.#parts, at, known?.found?.version);
    } catch (error) {
      if (!isFault(error, 'UNAVAILABLE') || known?.found === undefined) throw error;
      return this.#stale(at, this.#entries.peek(key) ?? known);
    }
    telemetry.cacheOperation('config_get', 'miss');
    follower.filled(key, epoch, look.found, look.revision);
    if (look.found === undefined) throw configNotFound(at);
    return configOf(at, look.found);
  }

  /** This daemon wrote the document; undefined: deleted it. */
  wrote({ namespace, name }: ConfigName, found: Found | undefined, revision: Revision): void {
    const key = this.#parts.layout.configs(namespace).head(name);
    const follower = this.#followers.get(namespace);
    if (follower === undefined) this.#entries.delete(key);
    else follower.wrote(key, found, revision);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const follower of this.#followers.values()) follower.close();
    this.#followers.clear();
  }

  #follower(namespace: string): CacheFollower {
    const { clock, layout } = this.#parts;
    const nowMs = clock.now();
    if (this.#wasPaused(nowMs)) this.#restart();
    const known = this.#followers.get(namespace);
    const follower =
      known ??
      new CacheFollower(
        { ...this.#parts, entries: this.#entries, inStepMs: () => this.#inStepMs() },
        layout.configs(namespace),
      );
    follower.usedMs = nowMs;
    this.#followers.delete(namespace);
    this.#followers.set(namespace, follower);
    const [oldest] = this.#followers.keys();
    if (this.#followers.size > MAX_NAMESPACES && oldest !== undefined) this.#drop(oldest);
    if (this.#timer === undefined) this.#beat();
    return follower;
  }

  #stale(at: ConfigName, known: CachedDocument): Config {
    this.#parts.telemetry.cacheOperation('config_get', 'stale');
    const nowMs = this.#parts.clock.now();
    return remembered(at, known, nowMs - (known.epoch.endedMs ?? nowMs));
  }

  #drop(namespace: string): void {
    this.#followers.get(namespace)?.close();
    this.#followers.delete(namespace);
  }

  /** Without a beat for long: events may wait to be heard. */
  #wasPaused(nowMs: number): boolean {
    return this.#timer !== undefined && nowMs - this.#beatMs > STALL_MS;
  }

  /** Until when events were heard: now, or, if the process was paused, the last beat. */
  #inStepMs(): number {
    const nowMs = this.#parts.clock.now();
    return this.#wasPaused(nowMs) ? this.#beatMs : nowMs;
  }

  #restart(): void {
    const inStepMs = this.#inStepMs();
    this.#beatMs = this.#parts.clock.now();
    for (const follower of this.#followers.values()) follower.restart(inStepMs);
  }

  /** Goes on as long as a namespace is watched. */
  #beat(): void {
    const nowMs = this.#parts.clock.now();
    if (this.#wasPaused(nowMs)) this.#restart();
    this.#beatMs = nowMs;
    for (const [namespace, follower] of this.#followers) {
      if (nowMs - follower.usedMs > IDLE_MS) this.#drop(namespace);
    }
    this.#timer =
      this.#followers.size === 0
        ? undefined
        : this.#parts.clock.timer(BEAT_MS, () => {
            this.#beat();
          });
  }
}

/** The same each time, as long as it is fresh. */
function toldOf(at: ConfigName, known: CachedDocument): Config {
  known.told ??= remembered(at, known, 0);
  return known.told;
}

function remembered(at: ConfigName, { found }: CachedDocument, ageMs: number): Config {
  if (found === undefined) throw configNotFound(at);
  return { ...configOf(at, found), cached: true, ageMs };
}
