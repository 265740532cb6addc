/** Where a command writes. Results go out, messages for people go to err. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person reads both. */
  readonly isTerminal: boolean;
}

/** A command that does not end well says so on err, and ends the program with this. */
export type Finish = (exitCode: number) => void;

/** The terminal, or whatever else, that this process was started at. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY && process.stderr.isTTY,
  };
}
