import type { Fact, SoakEvent, Thing, Told } from './events.js';

/** A history that is made by hand, for tests of the checker. Each fact comes 10 ms after the one before. */
export class SampleHistory {
  readonly events: SoakEvent[] = [];
  #at = 0;

  add(who: string, fact: Fact): this {
    this.#at += 10;
    this.events.push({ at: this.#at, who, ...fact });
    return this;
  }

  /** Nothing happens for a while. */
  wait(ms: number): this {
    this.#at += ms;
    return this;
  }

  /** An operation that is answered at once. */
  done(
    who: string,
    begin: Omit<Extract<Fact, { kind: 'begin' }>, 'kind'>,
    end: Partial<End> = {},
  ): this {
    this.add(who, { kind: 'begin', ...begin });
    return this.add(who, { kind: 'end', op: begin.op, outcome: 'ok', ...end });
  }

  /** A lock is asked for and granted, and its holder believes so. */
  granted(who: string, thing: Thing, token: number): this {
    const [op, hold] = [`${who} takes ${token}`, holdOf(who, token)];
    this.add(who, { kind: 'begin', op, call: 'acquire', thing, boundMs: 1000 });
    this.add(who, { kind: 'granted', hold, op, thing, token, ttlMs: 2000 });
    this.add(who, { kind: 'end', op, outcome: 'ok' });
    return this.believes(who, token, true);
  }

  believes(
    who: string,
    token: number,
    believes: boolean,
    state = believes ? 'HELD' : 'LOST',
  ): this {
    return this.add(who, { kind: 'belief', hold: holdOf(who, token), believes, state });
  }

  released(who: string, thing: Thing, token: number): this {
    const op = `release ${token}`;
    this.add(who, { kind: 'yielded', hold: holdOf(who, token) });
    return this.done(who, { op, call: 'release', thing, boundMs: 1000 });
  }

  added(who: string, op: string, value: number, fence?: { thing: Thing; token: number }): this {
    const asked = { op, call: 'add', thing: 'counter:c', boundMs: 1000 } as const;
    return this.done(who, fence ? { ...asked, fence } : asked, { value: { number: value } });
  }

  told(watch: string, what: string, revision: number, subject = '', cause?: string): this {
    const told: Told =
      cause === undefined ? { what, revision, subject } : { what, revision, subject, cause };
    return this.add('watcher', { kind: 'told', watch, told });
  }
}

type End = Extract<SoakEvent, { kind: 'end' }>;

export function holdOf(who: string, token: number): string {
  return `${who} ${token}`;
}
