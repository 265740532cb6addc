import type { EventEmitter } from 'node:events';
import type { Metadata } from '@grpc/grpc-js';
import type { Admission } from '../admission/admission.js';

/** What all kinds of calls of grpc-js have; it exports no name for it. */
export interface ServerCall extends EventEmitter {
  /** On the wall clock; infinite if there is none. */
  getDeadline(): Date | number;
  /** Address and port; `unknown` where there are none. */
  getPeer(): string;
  readonly metadata: Metadata;
  /** It is over, however it ended: nobody is told anything any more. */
  readonly cancelled: boolean;
}

/** The side of a streaming call where answers go. */
export interface AnswerStream extends ServerCall {
  /** Before the first message. */
  sendMetadata(metadata: Metadata): void;
  /** False: wait for `drain` before the next one. */
  write(message: unknown): boolean;
  end(): void;
}

/** Address and port of the caller. A Unix socket has none. */
export function peerOf(call: Pick<ServerCall, 'getPeer'>): string {
  const peer = call.getPeer();
  return peer === 'unknown' ? 'unix' : peer;
}

/** Whose share of all a call takes. @param peer as `peerOf` has it. */
export function userOf(admission: Admission, peer: string, metadata: Metadata): string | undefined {
  const address = peer === 'unix' ? undefined : peer.slice(0, peer.lastIndexOf(':'));
  return admission.userOf(address, () => metadata.get('x-forwarded-for').join(','));
}
