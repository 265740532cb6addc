import { EXIT } from '../core/exit-codes.js';

/** What each exit code of `serve` means to who has to act on it. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'it ended well, after SIGTERM, SIGINT, or the end of its terminal'],
  [EXIT.usage, 'the command line is wrong'],
  [
    EXIT.dataErr,
    'the data of the embedded storage are corrupt, an older copy, or of another version',
  ],
  [EXIT.unavailable, 'etcd does not answer'],
  [EXIT.software, 'a defect of ours: the log has it'],
  [EXIT.osErr, 'a port is in use'],
  [EXIT.cantCreat, 'the data folder can not be made, or is a file'],
  [EXIT.ioErr, 'reading or writing failed, or the disk is full'],
  [EXIT.tempFail, 'another process has the data folder'],
  [EXIT.noPerm, 'this user may not: a file or folder, or a port below 1024'],
  [EXIT.config, 'the configuration is wrong: a value, a certificate, an address'],
];

/** Those of a process that a second signal ended. */
const BY_SIGNAL = '130, 143  a second SIGINT or SIGTERM ended it before it was done';

/** The table for a help text. */
export function exitCodeHelp(): string {
  const rows = EXIT_CODES.map(([code, text]) => `  ${String(code).padEnd(10)}${text}`);
  return ['Exit codes:', ...rows, `  ${BY_SIGNAL}`].join('\n');
}
