// Runs programs one after the other, and counts.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const LAST_WORDS_MS = 1000;

/**
 * Runs a program with our own output, in a process group of its own, which is killed after `limitMs`.
 * With `held` its output is shown when it has ended, in one piece, so that it may run beside others.
 * Returns its exit code; 124 if it took too long, 128 + n if signal n ended it.
 */
export function run(program, words, { limitMs, env = process.env, held = false }) {
  return new Promise((resolve) => {
    const output = held ? 'pipe' : 'inherit';
    const child = spawn(program, words, {
      stdio: ['ignore', output, output],
      detached: true,
      env,
    });
    const pieces = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => pieces.push(piece));
    }
    let late = false;
    const killGroup = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        // The group has ended between the decision and the call.
        if (error.code !== 'ESRCH') throw error;
      }
    };
    const watchdog = setTimeout(() => {
      late = true;
      console.error(`\n${program} ${words.join(' ')}: killed after ${limitMs / 1000} s`);
      killGroup('SIGKILL');
    }, limitMs);
    const interrupted = (signal) => {
      killGroup(signal);
      process.exit(130);
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    let isOver = false;
    const end = (code) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(watchdog);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      process.stdout.write(Buffer.concat(pieces));
      resolve(late ? 124 : code);
    };
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code, signal) => {
      const ended = () => end(code ?? (signal === 'SIGKILL' ? 137 : 143));
      if (!held) return ended();
      // What it still had to say; not for ever, if something that it started keeps the pipe open.
      const patience = setTimeout(ended, LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(patience);
        ended();
      });
    });
  });
}

/** Says how it went, adds a line to the file that TALLY_FILE names, and sets the exit code. */
export function conclude(name, { passed, failed }) {
  console.log(`${name}: ${passed} passed, ${failed} failed`);
  const file = process.env.TALLY_FILE;
  if (file) appendFileSync(file, `${passed} ${failed}\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
