import { SystemClock } from '../clock/system-clock.js';
import type { Config } from '../config/config.js';
import { EXIT } from '../core/exit-codes.js';
import { createLogging, type Logging } from '../telemetry/logging.js';
import { banner } from './banner.js';
import { startDaemon, type Daemon } from './daemon.js';
import type { DaemonProcess, StopSignal } from './daemon-process.js';
import { messageOf, StartError } from './start-error.js';

export interface RunOptions {
  readonly version: string;
  readonly process: DaemonProcess;
}

const SIGNAL_NUMBER = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

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
  const stop = stopSignal(process, logging);
  let daemon: Daemon | undefined;
  process.onReloadSignal(() => {
    logging.logger.info('SIGHUP: log files are opened again, and certificates and policies read');
    logging.reopen();
    void daemon?.reload();
  });
  logging.logger.info('starting', { version, storage: config.storage.type });
  try {
    const { pid } = process;
    daemon = await startDaemon(config, { version, pid, clock, logging, stopping: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) return fail(error, process, logging);
  }
  if (daemon !== undefined) {
    announce(daemon, config, { version, process }, logging);
    process.ready();
  }
  await stop.first;
  await daemon?.stop();
  logging.logger.info('stopped');
  await logging.close();
  return process.exit(EXIT.ok);
}

interface Stop {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
}

/** The first signal asks for an orderly stop, also of a start; a second one is obeyed at once. */
function stopSignal(process: DaemonProcess, logging: Logging): Stop {
  const controller = new AbortController();
  const first = new Promise<void>((resolve) => {
    process.onStopSignal((signal) => {
      if (!controller.signal.aborted) {
        logging.logger.info('stopping', { signal });
        controller.abort();
        resolve();
        return;
      }
      // A terminal that goes sends it more than once: itself, and by its shell.
      if (signal === 'SIGHUP') return;
      endAtOnce(signal, process, logging);
    });
  });
  return { first, signal: controller.signal };
}

function endAtOnce(signal: StopSignal, process: DaemonProcess, logging: Logging): never {
  logging.logger.warn('a second signal: the daemon ends without draining', { signal });
  logging.flushSync();
  return process.exit(128 + SIGNAL_NUMBER[signal]);
}

async function fail(error: unknown, process: DaemonProcess, logging: Logging): Promise<never> {
  const isForeseen = error instanceof StartError;
  const exitCode = isForeseen ? error.exitCode : EXIT.software;
  const message = messageOf(error);
  // The stack of a failure that was foreseen helps nobody; and a person who reads both outputs is told once.
  const logger = isForeseen && process.isTerminal ? logging.filesOnly : logging.logger;
  const err = isForeseen ? undefined : error;
  logger.log('fatal', 'the daemon can not start', { reason: message, exitCode, err });
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
  const { storage, server, tls, auth } = config;
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
    ...(auth === undefined ? undefined : { access: auth.mode }),
    ...(isByDefault
      ? { note: 'this node only; for a cluster set SHARED_LOCK_ETCD_ADDR_LIST' }
      : undefined),
  });
  if (!process.isTerminal) return;
  // Below the log of the start, not in its midst.
  logging.flushSync();
  process.err(banner(config, { version, httpPort, grpcPort }));
}
