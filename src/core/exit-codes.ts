/** Exit codes, but for the first two by the names and numbers of sysexits.h: a script can tell what went wrong. */
export const EXIT = {
  ok: 0,
  /** The answer is no, as of `grep` and `test`: nothing has that name, or a condition does not hold. */
  no: 1,
  /** The command line was wrong. */
  usage: 64,
  /** Data are corrupt. */
  dataErr: 65,
  /** Something that is needed can't be reached. */
  unavailable: 69,
  /** A defect of ours. */
  software: 70,
  /** The operating system refused something, such as a port in use. */
  osErr: 71,
  /** A file or folder can't be made. */
  cantCreat: 73,
  /** Reading or writing failed. */
  ioErr: 74,
  /** Try again later. */
  tempFail: 75,
  /** Not allowed for this user. */
  noPerm: 77,
  /** The configuration is wrong. */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
