import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where a worker says what it is at. */
export const NOTES_FD = 4;

/** So much CPU time a worker whose daemon was killed may still use, in seconds. No other one comes near it. */
export const LIFE_CPU_S = 120;

/** Fifteen times the default: code that is generated nests as deep as what it is generated for is long. The system must allow twice as much. */
const STACK_KIB = 15_000;

/** What loads the sources where nothing was built; no other option of this process is for a worker, least of all `--eval`. */
const LOADER = '--import=';

/** No core of a worker that used up its memory; ended before the daemon if there is no more; and by itself if the daemon no longer does. */
const LIMITED = `ulimit -c 0; ulimit -t ${LIFE_CPU_S}; node=$1; shift
{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null
ulimit -S -s ${2 * STACK_KIB} 2>/dev/null && exec "$node" --stack-size=${STACK_KIB} "$@"
exec "$node" "$@"`;

/** Starts a program of Node.js whose limits are its own. It does not keep the process alive that starts it. */
export function launch(program: URL, memoryMiB: number): ChildProcess {
  const options = process.execArgv.filter((option) => option.startsWith(LOADER));
  const memory = [`--max-old-space-size=${memoryMiB}`, '--max-semi-space-size=16'];
  const words = [process.execPath, ...options, ...memory, fileURLToPath(program)];
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    serialization: 'advanced',
  });
  child.unref();
  child.channel?.unref();
  return child;
}
