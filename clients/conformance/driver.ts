/** The driver of the TypeScript client: see README.md. */
import { createInterface } from 'node:readline';
import { SharedLockError } from '../../src/index.js';
import { CANCELLED, COMMANDS } from './commands.js';
import type { Command } from './commands.js';

const underWay = new Map<number, AbortController>();

async function answer(command: Command): Promise<object> {
  const { id } = command;
  const run = COMMANDS[command.do];
  if (run === undefined) return failure(id, 'UNIMPLEMENTED', '', `no command ${command.do}`);
  const controller = new AbortController();
  underWay.set(id, controller);
  try {
    return { id, ok: await run(command, { signal: controller.signal, underWay }) };
  } catch (error) {
    if (error === CANCELLED) return failure(id, 'CANCELLED', '', CANCELLED.message);
    if (!(error instanceof SharedLockError)) return failure(id, 'UNKNOWN', '', String(error));
    return failure(id, error.code, error.reason, error.message);
  } finally {
    underWay.delete(id);
  }
}

function failure(id: number, code: string, reason: string, message: string): object {
  return { id, error: { code, reason, message } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command; // by the suite
  void answer(command).then((result) => {
    console.log(JSON.stringify(result));
  });
}
process.exit(0);
