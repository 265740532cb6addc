import type { Clock } from '../../clock/clock.js';
import { Fault } from '../../core/errors.js';
import { SharedLockError } from '../errors.js';
import { reasonOf, silence } from './faults.js';
import { onAbort } from './on-abort.js';
import type { CallKind, Place } from './place.js';

/** Calls that wait in this process for a place, of each kind. */
const MAX_WAITING = 10_000;
/** Who is let in first: short calls are soon over. */
const ORDER: readonly CallKind[] = ['short', 'long', 'watch'];

interface Waiting {
  admit(place: Place): void;
  fail(error: SharedLockError): void;
}

/** Those who wait for a place at one daemon. */
export class PlaceQueue {
  readonly #clock: Clock;
  readonly #address: string;
  readonly #waiting = {
    short: new Set<Waiting>(),
    long: new Set<Waiting>(),
    watch: new Set<Waiting>(),
  };

  constructor(clock: Clock, address: string) {
    this.#clock = clock;
    this.#address = address;
  }

  isEmpty(kind: CallKind): boolean {
    return this.#waiting[kind].size === 0;
  }

  /**
   * @param limitMs how long to wait for a place.
   * @throws SharedLockError DEADLINE_EXCEEDED if none comes free in time, RESOURCE_EXHAUSTED if too many wait already;
   * what it is sent away with; the signal's reason if that aborts.
   */
  wait(kind: CallKind, limitMs: number, signal: AbortSignal): Promise<Place> {
    const queue = this.#waiting[kind];
    if (queue.size >= MAX_WAITING) return Promise.reject(tooMany());
    if (signal.aborted) return Promise.reject(reasonOf(signal));
    const sinceMs = this.#clock.now();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        deafen();
        queue.delete(waiting);
        settle();
      };
      const fail = (error: Error): void => end(() => reject(error));
      const waiting: Waiting = { admit: (place) => end(() => resolve(place)), fail };
      const deafen = onAbort(signal, () => fail(reasonOf(signal)));
      const timer = this.#clock.timer(limitMs, () => {
        fail(silence(this.#address, this.#clock.now() - sinceMs));
      });
      queue.add(waiting);
    });
  }

  /** Lets in as many as there are places for. */
  admit(placeFor: (kind: CallKind) => Place | undefined): void {
    for (const kind of ORDER) {
      for (const waiting of this.#waiting[kind]) {
        const place = placeFor(kind);
        if (place === undefined) break;
        waiting.admit(place);
      }
    }
  }

  /** They may go to another daemon. */
  sendAway(error: SharedLockError): void {
    for (const kind of ORDER) {
      for (const waiting of [...this.#waiting[kind]]) waiting.fail(error);
    }
  }
}

function tooMany(): SharedLockError {
  const message = `this client has ${MAX_WAITING} calls already that wait to be sent; make fewer at once`;
  return new SharedLockError(new Fault('RESOURCE_EXHAUSTED', message));
}
