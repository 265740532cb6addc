import type { Match, Policy } from './policy.js';
import { ANONYMOUS, type Principal, type Shown } from './principal.js';

/** Tells who somebody is by a policy: an exact match before prefixes, and of these the longest. */
export class Principals {
  readonly #subjects: Texts;
  readonly #sans: Texts;
  readonly #unix: string | undefined;
  readonly #groups = new Map<string, string[]>();
  readonly #aliases: ReadonlyMap<string, readonly string[]>;

  constructor({ principals }: Pick<Policy, 'principals'>) {
    const all = principals.flatMap(({ name, matches }) =>
      matches.map((match) => ({ name, match })),
    );
    this.#subjects = new Texts(all, 'jwt');
    this.#sans = new Texts(all, 'san');
    this.#aliases = new Map(principals.map(({ name, aliases }) => [name, aliases]));
    this.#unix = all.find(({ match }) => match.by === 'unix')?.name;
    for (const { name, match } of all) {
      if (match.by !== 'jwtGroup') continue;
      this.#groups.set(match.value, [...(this.#groups.get(match.value) ?? []), name]);
    }
  }

  of(shown: Shown): Principal {
    const { via } = shown;
    switch (via) {
      case 'jwt': {
        const { subject, groups, expiresAtMs } = shown;
        const identity = this.#identity(this.#subjects.nameOf(subject), `jwt:${subject}`);
        return { via, shown, ...identity, groups: this.#namesOf(groups, identity.id), expiresAtMs };
      }
      case 'certificate': {
        const { names, expiresAtMs } = shown;
        const known = names
          .map((name) => this.#sans.nameOf(name))
          .find((name) => name !== undefined);
        return {
          via,
          shown,
          ...this.#identity(known, `san:${names[0] ?? ''}`),
          groups: [],
          expiresAtMs,
        };
      }
      case 'token':
        return { via, shown, ...this.#identity(shown.name), groups: [], expiresAtMs: undefined };
      case 'unix':
        return {
          via,
          shown,
          ...this.#identity(this.#unix, 'unix:'),
          groups: [],
          expiresAtMs: undefined,
        };
      case 'none':
        return ANONYMOUS;
    }
  }

  /** @param unnamed the id of one whom the policy does not name: so to name somebody takes nothing from it. */
  #identity(name: string | undefined, unnamed = ''): Pick<Principal, 'id' | 'formerIds'> {
    if (name === undefined) return { id: unnamed, formerIds: [] };
    const aliases = this.#aliases.get(name) ?? [];
    return { id: name, formerIds: unnamed === '' ? aliases : [unnamed, ...aliases] };
  }

  #namesOf(groups: readonly string[], id: string): string[] {
    const names = new Set(groups.flatMap((group) => this.#groups.get(group) ?? []));
    names.delete(id);
    return [...names].sort();
  }
}

interface Entry {
  readonly name: string;
  readonly match: Match;
}

/** Names by texts and by prefixes of texts. */
class Texts {
  readonly #exact = new Map<string, string>();
  /** The longest first. */
  readonly #prefixes: (readonly [prefix: string, name: string])[] = [];

  constructor(entries: readonly Entry[], by: 'jwt' | 'san') {
    for (const { name, match } of entries) {
      if (match.by !== by) continue;
      if (match.value.endsWith('*')) this.#prefixes.push([match.value.slice(0, -1), name]);
      else this.#exact.set(match.value, name);
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  nameOf(text: string): string | undefined {
    return this.#exact.get(text) ?? this.#prefixes.find(([prefix]) => text.startsWith(prefix))?.[1];
  }
}
