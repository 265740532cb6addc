import { within } from '../../../clock/within.js';
import { Fault, isFault } from '../../../core/errors.js';
import { quietMs, type HoldEvent, type HoldRequest, type Resume } from '../../../core/hold.js';
import type { TtlBounds } from '../../../core/limits.js';
import { checkAcquire, type HoldEnd } from '../../../core/lock.js';
import { checkName } from '../../../core/text.js';
import { resolveTtlSeconds } from '../../../core/ttl.js';
import { exactly } from '../../../store/store.js';
import type { Caller } from '../../caller.js';
import { Feed } from '../../feed.js';
import { readPreemption } from '../../lease/preemption.js';
import { UNRECORDED } from '../../operation-log.js';
import type { WatchPool } from '../../watch-pool.js';
import { acquire, type AcquireParts } from '../acquire/acquire.js';
import { OwnLease, type OwnLeaseParts } from '../grant/own-lease.js';
import { draining } from '../queue/waiter-pool.js';
import type { AfterReleaseParts } from '../release/hold-deletion.js';
import { freeHeld, heldBy, takeOver, type Held } from './held.js';
import { HoldKeeper, type HoldKeeperParts } from './hold-keeper.js';

/** Events that the caller has not read: about a minute of signs of life. */
const BACKLOG = 50;
/** The last renewal of a daemon that drains may take so long. */
const LAST_RENEWAL_MS = 1000;

export interface HoldCaller extends Caller {
  /** Aborts when the caller closes its side: it wants the lock released, and to be told. */
  readonly closing: AbortSignal;
}

/** What it takes to hold a lock: to acquire, keep and free it, for one of so many streams. */
export interface HoldParts extends AcquireParts, OwnLeaseParts, HoldKeeperParts, AfterReleaseParts {
  readonly ttl: TtlBounds;
  readonly watches: WatchPool;
}

/** Opens a stream that holds a lock: see `LockService.hold`. */
export function hold(
  parts: HoldParts,
  request: HoldRequest,
  caller: HoldCaller,
): AsyncIterable<HoldEvent> {
  return new HoldStream(parts, request, caller).start();
}

/** Why a lock is not held by its stream any more. */
type StreamEnd =
  | { readonly kind: 'lost'; readonly end: HoldEnd }
  | { readonly kind: 'closed' }
  | { readonly kind: 'gone' }
  /** The caller may go on elsewhere: nothing is freed. */
  | { readonly kind: 'moved'; readonly why: Fault };

/**
 * One stream:
 *
 *     acquiring ─▶ held ─ the caller closed its side ─▶ freed, told
 *         │         ├──── the caller is gone ─────────▶ freed
 *         │         ├──── lost ───────────────────────▶ told
 *         │         └──── the daemon drains ──────────▶ told, and left to be taken over
 *         └─ refused, failed, or the caller is gone ──▶ nothing is left behind
 */
class HoldStream {
  readonly #parts: HoldParts;
  readonly #request: HoldRequest;
  readonly #caller: HoldCaller;
  readonly #feed: Feed<HoldEvent>;
  /** Aborts when nobody reads the events any more. */
  readonly #unread = new AbortController();

  constructor(parts: HoldParts, request: HoldRequest, caller: HoldCaller) {
    this.#parts = parts;
    this.#request = request;
    this.#caller = caller;
    this.#feed = new Feed(BACKLOG, tooSlow, () => {
      this.#unread.abort();
    });
  }

  start(): AsyncIterable<HoldEvent> {
    this.#run().then(
      () => {
        this.#feed.end();
      },
      (error: unknown) => {
        this.#feed.end(error instanceof Error ? error : new Error(String(error)));
      },
    );
    return this.#feed;
  }

  async #run(): Promise<void> {
    const { resume } = this.#request;
    this.#parts.waiters.throwIfDraining();
    const leave = this.#parts.watches.enter(this.#caller);
    try {
      const held = resume === undefined ? await this.#acquire() : await this.#resume(resume);
      if (held !== undefined) await this.#hold(held);
    } finally {
      leave();
    }
  }

  /** Undefined: it was not granted, which is told. */
  async #acquire(): Promise<Held | undefined> {
    const { limits, ttl } = this.#parts;
    const { closing, deadlineMs, user, rights } = this.#caller;
    const request = checkAcquire({ ...this.#request, lease: undefined, requestId: '' }, limits);
    const ttlSeconds = resolveTtlSeconds(request.ttlMs, ttl);
    const lease = new OwnLease(this.#parts, request, ttlSeconds, this.#caller);
    const caller = {
      signal: AbortSignal.any([this.#caller.signal, closing, this.#unread.signal]),
      user,
      rights,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    };
    const onPosition = (position: number): void => {
      this.#feed.push({ kind: 'queued', position });
    };
    try {
      const outcome = await acquire(this.#parts, request, caller, lease, UNRECORDED, onPosition);
      if (outcome.acquired) return heldBy(this.#parts, request, outcome.grant, lease.aliveFromMs);
      this.#feed.push({ kind: 'notAcquired', holders: outcome.holders });
    } catch (error) {
      if (!closing.aborted) throw error;
      this.#feed.push({ kind: 'notAcquired', holders: [] });
    }
    return undefined;
  }

  /** Undefined: it is held no more, which is told. */
  async #resume({ lease: named, fencingToken }: Resume): Promise<Held | undefined> {
    const { limits, store, keys, leaseAccess } = this.#parts;
    const name = checkName(this.#request.name, limits.nameBytes);
    const lease = await leaseAccess.usable(named, this.#caller);
    const held = await takeOver(this.#parts, name, lease, fencingToken);
    if (held !== undefined) return held;
    const { entries } = await store.read({ range: exactly(keys.preempted(name, lease)) });
    const reason = readPreemption(entries[0], fencingToken);
    const end: HoldEnd =
      reason === undefined ? { cause: 'UNKNOWN' } : { cause: 'PREEMPTED', reason };
    this.#feed.push({ kind: 'lost', end });
    return undefined;
  }

  async #hold(held: Held): Promise<void> {
    const { clock, telemetry } = this.#parts;
    const { lease: leaseId, fencingToken, ttlSeconds } = held;
    this.#feed.push({
      kind: 'acquired',
      grant: { leaseId, fencingToken, ttlSeconds },
      quietMs: quietMs(ttlSeconds * 1000),
    });
    const startedAtMs = clock.now();
    telemetry.holding(1);
    const end = await this.#untilEnd(held);
    telemetry.holding(-1);
    // Other ends are counted by those who free the lock.
    if (end.kind === 'lost' && isTimeout(end.end)) {
      telemetry.lockHeld((clock.now() - startedAtMs) / 1000);
    }
    await this.#ended(held, end);
  }

  async #untilEnd(held: Held): Promise<StreamEnd> {
    const { signal, closing } = this.#caller;
    const undo: (() => void)[] = [];
    const end = await new Promise<StreamEnd>((resolve) => {
      const keeper = new HoldKeeper(this.#parts, held, {
        alive: () => {
          this.#feed.push({ kind: 'alive' });
        },
        jeopardy: (leftMs) => {
          this.#feed.push({ kind: 'jeopardy', leftMs });
        },
        safe: () => {
          this.#feed.push({ kind: 'safe' });
        },
        lost: (lostEnd) => {
          resolve({ kind: 'lost', end: lostEnd });
        },
      });
      const on = (aborting: AbortSignal, kind: 'closed' | 'gone'): void => {
        const listener = (): void => {
          const why: unknown = aborting.reason;
          resolve(isForNow(why) ? { kind: 'moved', why } : { kind });
        };
        aborting.addEventListener('abort', listener);
        undo.push(() => {
          aborting.removeEventListener('abort', listener);
        });
        if (aborting.aborted) listener();
      };
      const onDrain = (): void => {
        resolve({ kind: 'moved', why: draining() });
      };
      keeper.start();
      undo.push(() => {
        keeper.stop();
      }, this.#parts.waiters.onDrain(onDrain));
      on(signal, 'gone');
      on(this.#unread.signal, 'gone');
      on(closing, 'closed');
    });
    for (const step of undo) step();
    return end;
  }

  async #ended(held: Held, end: StreamEnd): Promise<void> {
    const { store, clock, janitor } = this.#parts;
    const free = (): Promise<void> => freeHeld(this.#parts, held);
    switch (end.kind) {
      case 'lost':
        this.#feed.push({ kind: 'lost', end: end.end });
        // The caller stops its work: nobody needs to wait for the lease to run out.
        if (end.end.cause === 'UNREACHABLE') janitor.later(free);
        return;
      case 'closed':
      case 'gone':
        try {
          await free();
        } catch (error) {
          janitor.later(free);
          throw error;
        }
        this.#feed.push({ kind: 'released' });
        return;
      case 'moved':
        // So that there is time to go on at another daemon. It is no harm if it fails.
        await within(
          clock,
          LAST_RENEWAL_MS,
          store.renew(held.lease).catch(() => undefined),
        );
        throw end.why;
    }
  }
}

/** The daemon ends the stream, not the caller: its connection is too old, its token has ended, or it may not any more. */
function isForNow(reason: unknown): reason is Fault {
  if (!isFault(reason)) return false;
  const { code, details } = reason;
  return (
    details.reason === 'CONNECTION_AGED' ||
    code === 'UNAUTHENTICATED' ||
    code === 'PERMISSION_DENIED'
  );
}

function isTimeout({ cause }: HoldEnd): boolean {
  return cause === 'EXPIRED' || cause === 'UNREACHABLE';
}

function tooSlow(): Fault {
  return new Fault('RESOURCE_EXHAUSTED', 'the caller does not read the events; the lock is freed', {
    reason: 'SLOW_READER',
  });
}
