/** Takes finished lines, each with its newline. */
export interface LineOutput {
  write(line: string): void;
  /** Writes what is left, at once: the process may be about to end. */
  flushSync(): void;
  /** Resolves when all is written, or nobody takes it. */
  close(): Promise<void>;
}
