import type { PatchType } from '../../../core/config-document.js';
import type { FaultCode, FaultDetails } from '../../../core/errors.js';

/** Work on documents that may take long. */
export type DocumentJob = ReadJob | PatchJob | CheckJob;

/** Is it JSON, as documents must be? */
export interface ReadJob {
  readonly kind: 'read';
  readonly text: string;
  readonly maxBytes: number;
  /** What messages call it. */
  readonly field: string;
  /** It must be an object that has this; undefined: it may be anything. */
  readonly member: string | undefined;
}

/** Makes the next version. */
export interface PatchJob {
  readonly kind: 'patch';
  readonly type: PatchType;
  readonly patch: string;
  readonly document: string;
  readonly maxBytes: number;
}

/** Does the document satisfy the schema? */
export interface CheckJob {
  readonly kind: 'check';
  readonly schema: string;
  /** Of the schema: equal ones are compiled once. */
  readonly digest: string;
  readonly document: string;
}

/** What a job answers: a text, empty unless it makes one; or the fault that it found. */
export type JobResult =
  | { readonly text: string }
  | { readonly code: FaultCode; readonly message: string; readonly details: FaultDetails };

/** what the process notes while it compiles a schema, or matches a pattern that has no bound on its time. */
export const COMPILING = 'compile';
export const MATCHING = 'pattern ';
