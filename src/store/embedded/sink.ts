import type { Writable } from 'node:stream';

/** Where the lines go. */
export interface Sink {
  write(text: string): void;
  /** What of it was not taken yet. */
  readonly untakenBytes: number;
  /** Resolves once there may be less of that. Rejects if nobody takes it any more. */
  drained(): Promise<void>;
}

export function sinkOf(stream: Writable): Sink {
  return {
    write: (text) => void stream.write(text),
    get untakenBytes() {
      return stream.writableLength;
    },
    drained: () =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          stream.off('drain', settle).off('close', settle);
          if (stream.destroyed) reject(new Error('nobody takes the backup any more'));
          else resolve();
        };
        if (stream.destroyed) settle();
        else stream.once('drain', settle).once('close', settle);
      }),
  };
}
