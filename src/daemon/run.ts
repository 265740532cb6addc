import { SystemClock } from '../clock/system-clock.js';
import type { Config } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import { createLogging, type Logging } from '../telemetry/logging.js';
import { banner } from './banner.js';
import { startDaemon, type Daemon } from './daemon.js';
import type { DaemonProcess } from './daemon-process.js';
import { messageOf, StartError } from './start-error.js';

export interface RunOptions {
  readonly version: string;
  readonly process: DaemonProcess;
}

const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Runs the daemon until a signal stops it, then ends the process. One that can't start says why in one line.
 * An error that nobody caught ends the process at once: what counts is in the store, and a daemon that is
 * started anew knows all that it has to.
 */
export async function runDaemon(config: Config, { version, process }: RunOptions): Promise<never> {
  const clock = new SystemClock();
  const logging = createLogging(config.log);
  process.onDefect((error) => {
    logging.logger.log('fatal', 'a defect ends the daemon', { err: error });
    logging.flushSync();
    process.err(`shared-lock: ends because of a defect: ${messageOf(error)}\n`);
    process.exit(EXIT.software);
  });
  const stopped = stopSignal(process, logging);
  let daemon: Daemon;
  try {
    daemon = await startDaemon(config, { version, pid: process.pid, clock, logging });
  } catch (error) {
    return fail(error, process, logging);
  }
  announce(daemon, config, { version, process }, logging);
  const signal = await stopped.first;
  logging.logger.info('stopping', { signal });
  await daemon.stop();
  logging.logger.info('stopped');
  await logging.close();
  return process.exit(EXIT.ok);
}

/** The first signal asks for an orderly stop; a second one is obeyed at once. */
function stopSignal(
  process: DaemonProcess,
  logging: Logging,
): { readonly first: Promise<'SIGTERM' | 'SIGINT'> } {
  let count = 0;
  const first = new Promise<'SIGTERM' | 'SIGINT'>((resolve) => {
    process.onStopSignal((signal) => {
      count += 1;
      resolve(signal);
      if (count === 1) return;
      logging.logger.warn('a second signal: the daemon ends without draining', { signal });
      logging.flushSync();
      process.exit(128 + SIGNAL_NUMBER[signal]);
    });
  });
  return { first };
}

async function fail(error: unknown, process: DaemonProcess, logging: Logging): Promise<never> {
  const exitCode = error instanceof StartError ? error.exitCode : EXIT.software;
  const message = messageOf(error);
  // The stack of a failure that was foreseen helps nobody.
  const err = error instanceof StartError ? undefined : error;
  logging.logger.log('fatal', 'the daemon can not start', { reason: message, exitCode, err });
  await logging.close();
  process.err(`shared-lock: ${message}\n`);
  return process.exit(exitCode);
}

function announce(
  { httpPort, grpcPort }: Daemon,
  config: Config,
  { version, process }: RunOptions,
  logging: Logging,
): void {
  const { storage, server, tls } = config;
  const isByDefault = storage.type === 'embedded' && storage.byDefault;
  logging.logger.info('ready', {
    version,
    host: server.host,
    httpPort,
    grpcPort,
    storage: storage.type,
    ...(storage.type === 'embedded' ? { folder: storage.folder } : undefined),
    ...(storage.type === 'etcd' ? { etcd: storage.etcd.endpoints } : undefined),
    tls: tls !== undefined,
    ...(isByDefault
      ? { note: 'this node only; for a cluster set SHARED_LOCK_ETCD_ADDR_LIST' }
      : undefined),
  });
  if (!process.isTerminal) return;
  // Below the log of the start, not in its midst.
  logging.flushSync();
  process.err(banner(config, { version, httpPort, grpcPort }));
}
