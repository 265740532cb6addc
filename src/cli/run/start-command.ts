import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { CommandLine } from './command-line.js';

type Stdio = 'ignore' | 'inherit' | 'ipc' | number;

/** What becomes of a command that is started: one of the first two, at once or in a while; after the first also the third. */
export interface CommandListener {
  readonly started: (pid: number) => void;
  /** It can't be started; `code` is the system's, e.g. ENOENT. */
  readonly failed: (code: string) => void;
  readonly exited: (code: number | null, signal: NodeJS.Signals | null) => void;
}

export interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Whether it is to have a session and process group of its own, and no terminal with it. */
  readonly isDetached: boolean;
}

/** Starts a command, with the standard input and outputs of this process. */
export function startCommand(
  { command, args, descriptors }: CommandLine,
  { env, isDetached }: StartOptions,
  listener: CommandListener,
): void {
  const failed = (error: unknown): void => {
    const hasCode = error instanceof Error && 'code' in error;
    listener.failed(hasCode ? String(error.code) : 'UNKNOWN');
  };
  let child: ChildProcess;
  try {
    child = spawn(command, args, { env, detached: isDetached, stdio: stdioWith(descriptors) });
  } catch (error) {
    // Some reasons are thrown, such as ENOTDIR; others are told.
    failed(error);
    return;
  }
  child.once('error', failed);
  if (child.pid === undefined) return;
  child.once('exit', listener.exited);
  listener.started(child.pid);
}

/** The standard input and outputs of this process, and its descriptors from 3, by their numbers. */
export function stdioWith(descriptors: readonly number[]): Stdio[] {
  const places: Stdio[] = ['inherit', 'inherit', 'inherit'];
  for (const descriptor of descriptors) {
    while (places.length < descriptor) places.push('ignore');
    places[descriptor] = descriptor;
  }
  return places;
}

/**
 * The same, and a channel at the first free place. Behind a gap Node.js would leave it to all that its process starts: then the
 * channel would not close with that process.
 */
export function stdioWithChannel(descriptors: readonly number[]): Stdio[] {
  const places = stdioWith(descriptors);
  const free = places.indexOf('ignore');
  places[free < 0 ? places.length : free] = 'ipc';
  return places;
}
