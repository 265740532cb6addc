import { isIPv6 } from 'node:net';
import { isLinkAddress, type Environment } from './environment.js';

/** The systems that this one replaces, and `none`: none is meant, whatever the variables say. */
export const REPLACED_SYSTEMS = [
  'original',
  'counter-app',
  'config-cache',
  'config-api',
  'messages',
  'none',
] as const;

type System = (typeof REPLACED_SYSTEMS)[number];

/** A setting of ours, as the variables of a replaced system say it. */
interface Translation {
  /** Our variable. */
  readonly env: string;
  /** Theirs, one of which is enough. */
  readonly from: readonly string[];
  /** Of what they say, in our words. */
  readonly write: (values: readonly (string | undefined)[]) => string;
  /** What theirs can be, where that is not what ours can be. */
  readonly hint?: string;
}

const TRANSLATIONS: Readonly<Partial<Record<System, readonly Translation[]>>> = {
  'counter-app': [
    {
      env: 'SHARED_LOCK_ETCD_ADDR_LIST',
      from: ['ETCD_HOST', 'ETCD_PORT'],
      write: ([host = '127.0.0.1', port = '2379']) =>
        `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    },
    { env: 'SHARED_LOCK_COUNTER_LOCK_KEY', from: ['ETCD_LOCK_KEY'], write: first },
    {
      env: 'SHARED_LOCK_COUNTER_LOCK_TTL',
      from: ['ETCD_LOCK_TTL'],
      write: ([seconds = '']) => (/^[0-9]+$/.test(seconds) ? `${seconds}s` : seconds),
      hint: 'whole seconds, such as 60',
    },
    { env: 'SHARED_LOCK_SERVER_PORT', from: ['HTTP_PORT'], write: first },
  ],
  'config-cache': [
    { env: 'SHARED_LOCK_SERVER_PORT', from: ['PORT'], write: first },
    {
      env: 'SHARED_LOCK_KEY_PREFIX',
      from: ['USER_KEY_PREFIX'],
      write: ([prefix = '']) => `/${prefix.replace(/^\/|\/$/g, '')}/`,
    },
  ],
};

/** Variables that say nothing here, by system: why. */
const WITHOUT_MEANING: Readonly<Partial<Record<System, Readonly<Record<string, string>>>>> = {
  messages: {
    MESSAGES_REDIS_HOST: 'texts are kept in the storage of this daemon, and not in Redis',
  },
};

/** Without a word about it, these mean the counter app: nothing else is likely to have them. */
const MARKS = ['ETCD_LOCK_KEY', 'ETCD_LOCK_TTL'];

export interface Translated {
  readonly value: string;
  /** The variables that say so. */
  readonly givenAs: string;
  /** What they can be, where that is not what ours can be. */
  readonly hint?: string;
}

/** What the variables of the system say that this daemon stands in for, by our variables. @param chosen as it was written. */
export function replacedVariables(
  chosen: unknown,
  env: Environment,
): ReadonlyMap<string, Translated> {
  const given = TRANSLATIONS[systemOf(chosen, env)] ?? [];
  return new Map(
    given.flatMap(({ env: ours, from, write, hint }) => {
      const names = from.filter((name) => valueOf(env, name) !== undefined);
      if (names.length === 0) return [];
      const value = write(from.map((name) => valueOf(env, name)));
      const givenAs = names.join(' and ');
      return [[ours, { value, givenAs, ...(hint === undefined ? {} : { hint }) }] as const];
    }),
  );
}

/** What may not be meant so: a system that nobody chose; variables that say nothing here. */
export function replacedWarnings(chosen: unknown, env: Environment): string[] {
  const system = systemOf(chosen, env);
  const unused = Object.entries(WITHOUT_MEANING[system] ?? {})
    .filter(([name]) => valueOf(env, name) !== undefined)
    .map(([name, why]) => `${name} is not used: ${why}`);
  if (chosen !== '' || system === 'none') return unused;
  const used = [...replacedVariables(chosen, env).values()].map(({ givenAs }) => givenAs);
  return [
    `${used.join(', ').replaceAll(' and ', ', ')}: taken as the counter app's, since ${markIn(env) ?? ''} is set; ` +
      'SHARED_LOCK_COMPATIBILITY=counter-app says that this is meant, none that it is not',
    ...unused,
  ];
}

function systemOf(chosen: unknown, env: Environment): System {
  if (chosen === '' && markIn(env) !== undefined) return 'counter-app';
  return REPLACED_SYSTEMS.find((system) => system === chosen) ?? 'none';
}

function markIn(env: Environment): string | undefined {
  return MARKS.find((name) => valueOf(env, name) !== undefined);
}

/** Empty is as good as none; and what Kubernetes writes for a Service named `etcd`, say, nobody meant. */
function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim() ?? '';
  return value === '' || isLinkAddress(value) ? undefined : value;
}

function first([value = '']: readonly (string | undefined)[]): string {
  return value;
}
