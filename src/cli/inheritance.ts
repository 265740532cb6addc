import { constants } from 'node:os';

/** Set by the launcher, `bin/shared-lock`. */
const VARIABLE = 'SHARED_LOCK_INHERITED';
/** Stands for a line break in what the launcher tells. */
const BREAK = '\u0001';
const FIRST_DESCRIPTOR = 3;
const MAX_DESCRIPTOR = 65_535;

/** What this process was started with, and Node.js hides from it. Nothing if it was started without the launcher. */
export interface Inheritance {
  /** Signals that it was started to ignore. */
  readonly ignored: ReadonlySet<NodeJS.Signals>;
  /** The soft limit of open files, as `ulimit -Sn` says it. */
  readonly openFiles: string | undefined;
  /** Open descriptors from 3, ascending. Above 65535 they are not passed on. */
  readonly descriptors: readonly number[];
  /** Variables of names that not every shell passes on. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads what the launcher tells, and removes it from the environment, in which all else is as the caller had it. */
export function takeInheritance(env: NodeJS.ProcessEnv): Inheritance {
  const lines = (env[VARIABLE] ?? '').split('\n').map((line) => {
    const at = line.indexOf(' ');
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
  Reflect.deleteProperty(env, VARIABLE);
  const values = (word: string): string[] =>
    lines.filter(([first]) => first === word).map(([, value]) => value);
  const inheritance = {
    ignored: signalsOf(values('signals')[0] ?? '0'),
    openFiles: values('files').find((text) => /^(?:[0-9]+|unlimited)$/.test(text)),
    descriptors: values('descriptor')
      .map(Number)
      .filter((each) => each >= FIRST_DESCRIPTOR && each <= MAX_DESCRIPTOR)
      .sort((a, b) => a - b),
    variables: Object.fromEntries(values('variable').map(variableOf)),
  };
  Object.assign(env, inheritance.variables);
  return inheritance;
}

/** As the system has them: a hexadecimal number, whose lowest bit is signal 1. */
function signalsOf(mask: string): Set<NodeJS.Signals> {
  const bits = /^[0-9a-f]{1,16}$/.test(mask) ? BigInt(`0x${mask}`) : 0n;
  const found = Object.entries(constants.signals).filter(
    ([, number]) => (bits >> BigInt(number - 1)) & 1n,
  );
  // The keys of that table are its type's.
  return new Set(found.map(([name]) => name as NodeJS.Signals));
}

function variableOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1).replaceAll(BREAK, '\n')];
}

/** Of this process. */
export const INHERITED = takeInheritance(process.env);

/** Without a listener the first of them would end or stop this process. Not those that a fault of its own raises. */
const IGNORABLE = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const),
  ...(['SIGVTALRM', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGXCPU', 'SIGXFSZ', 'SIGIO'] as const),
] as const;

/** From now on this process ignores what it was started to ignore. */
export function ignoreAsInherited(): void {
  for (const signal of IGNORABLE) {
    if (INHERITED.ignored.has(signal)) process.on(signal, () => undefined);
  }
}

/** Those of some signals that this process was not started to ignore. */
export function heeded<Signal extends NodeJS.Signals>(signals: readonly Signal[]): Signal[] {
  return signals.filter((signal) => !INHERITED.ignored.has(signal));
}
