/**
 * What services store as JSON: small records of our own, which people read with etcdctl.
 * Another program may have written anything there, so reading takes nothing for granted.
 */
export class JsonRecord {
  readonly #members: ReadonlyMap<string, unknown>;

  private constructor(members: ReadonlyMap<string, unknown>) {
    this.#members = members;
  }

  /** Anything but a JSON object reads as an empty record. */
  static parse(text: string): JsonRecord {
    try {
      return JsonRecord.#of(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return JsonRecord.#of(undefined);
    }
  }

  static #of(value: unknown): JsonRecord {
    const isObject = typeof value === 'object' && value !== null;
    return new JsonRecord(new Map(isObject ? Object.entries(value) : []));
  }

  text(member: string): string {
    const value = this.#members.get(member);
    return typeof value === 'string' ? value : '';
  }

  /** False unless it is true. */
  flag(member: string): boolean {
    return this.#members.get(member) === true;
  }

  /** Undefined unless it is a finite number. */
  number(member: string): number | undefined {
    const value = this.#members.get(member);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  numbers(member: string): number[] {
    const value = this.#members.get(member);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
  }

  /** A map of texts, written as a list of pairs so that no name of it is special. */
  texts(member: string): Map<string, string> {
    const value = this.#members.get(member);
    const texts = new Map<string, string>();
    for (const pair of Array.isArray(value) ? (value as unknown[]) : []) {
      const [name, text] = Array.isArray(pair) ? (pair as unknown[]) : [];
      if (typeof name === 'string' && typeof text === 'string') texts.set(name, text);
    }
    return texts;
  }

  records(member: string): JsonRecord[] {
    const value = this.#members.get(member);
    return Array.isArray(value) ? value.map((item: unknown) => JsonRecord.#of(item)) : [];
  }

  record(member: string): JsonRecord {
    return JsonRecord.#of(this.#members.get(member));
  }
}

/** The form that `texts` reads. */
export function pairs(texts: ReadonlyMap<string, string>): [string, string][] {
  return [...texts];
}
