// Starts the guard of a command as `shared-lock run` does, tells it to run the command, and is killed in the same moment.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const GUARD = fileURLToPath(new URL('../../dist/cmd/guard.js', import.meta.url));
const RUNS_FOR_NS = 60_000_000_000n;

const [command = '', ...args] = process.argv.slice(2);
const guard = fork(GUARD, ['a mark'], { detached: true, stdio: 'inherit' });
// It says that it listens.
guard.once('message', () => {
  const untilNs = String(process.hrtime.bigint() + RUNS_FOR_NS);
  guard.send({ kind: 'start', line: { command, args, descriptors: [] }, untilNs }, () => {
    process.kill(process.pid, 'SIGKILL');
  });
});
