import { ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import type { Fault } from '../../core/errors.js';
import type { Admission } from '../admission/admission.js';
import { workOf } from '../admission/work.js';
import { subjectOf } from '../handlers/subject.js';
import type { Subject } from '../handlers/subject.js';
import type { WireClock } from '../handlers/wire.js';
import { AnswerBytes } from './answer-bytes.js';
import { Undecodable, type Decoded } from './decode.js';
import { patience } from './patience.js';
import { userOf, peerOf } from './stream.js';
import { hasUnreadableTimeout, UNREADABLE_TIMEOUT } from './timeouts.js';

/** Bounds on a call before it reaches its handler. */
export interface GateLimits {
  /** Names and values of a call's metadata. */
  readonly metadataBytes: number;
  /** How long the request of a call, or the first one of a stream, may take to arrive. */
  readonly readTimeoutMs: number;
}

/** A call that is over: what was answered, and how long it took. */
export interface CallEnd {
  readonly path: string;
  readonly peer: string;
  /** Of the first request; undefined if none could be read. */
  readonly subject: Subject;
  /** A number of google.rpc.Code; undefined if the caller left before it was answered. */
  readonly code: number | undefined;
  /** What went with a code that is not OK. */
  readonly details: string;
  /** Of a fault of ours: its word for programs. */
  readonly reason: string | undefined;
  readonly durationMs: number;
  /** Of the answers, as long as they are ours: see bind.ts. */
  readonly bytes: number;
}

export interface GateParts {
  readonly limits: GateLimits;
  readonly clock: WireClock;
  readonly admission: Admission;
  readonly ended: (end: CallEnd) => void;
  /** Where our faults have their reason, by the metadata of their status: see bind.ts. */
  readonly reasons: WeakMap<Metadata, string>;
  /** Methods whose requests may come at any time. */
  readonly isPatient: (path: string) => boolean;
  /** What the caller is told of a fault. */
  readonly statusOf: (fault: Fault) => Status;
}

/**
 * Sees every call of a known method from its headers to its end, also those that grpc-js itself
 * answers: too large, not to be decompressed, past its deadline.
 */
export function gate({ isPatient, ...parts }: GateParts): ServerInterceptor {
  const { limits, clock, admission, ended, statusOf, reasons } = parts;
  const patienceFor = (path: string, late: () => void): Arrival =>
    isPatient(path) ? undefined : patience(clock, limits.readTimeoutMs, late);
  return (method, call) => {
    const [startMs, peer] = [clock.now(), peerOf(call)];
    let work = workOf(method.path);
    let subject = NO_SUBJECT;
    let answer: HowAnswered = NOT_ANSWERED;
    let arrival: Arrival;
    let [user, isAdmitted]: [string | undefined, boolean] = [undefined, false];
    // Wrapped in place: what grpc-js answers on its own does not pass through interceptors.
    const sendStatus = call.sendStatus.bind(call);
    call.sendStatus = (given) => {
      const told = isUnpackable(given) ? refusal(status.INVALID_ARGUMENT, UNPACKABLE) : given;
      if (answer === NOT_ANSWERED) answer = answerOf(told, reasons);
      sendStatus(told);
    };
    const answers = new AnswerBytes(call, admission);
    const tooSlow = async (): Promise<void> => {
      // Thousands may be too slow at once.
      await admission.start('wait', 'write');
      call.sendStatus(refusal(status.DEADLINE_EXCEEDED, requestTooSlow(limits)));
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, deliver) => {
            const unfit = headRefusal(metadata, limits);
            if (unfit !== undefined) {
              call.sendStatus(unfit);
              return;
            }
            user = userOf(admission, peer, metadata);
            answers.belongTo(user);
            work = admission.workFor(work, peer, user);
            const refused = admission.enter(work, user, peer);
            if (refused !== undefined) {
              call.sendStatus(statusOf(refused));
              return;
            }
            isAdmitted = true;
            arrival = patienceFor(method.path, () => void tooSlow());
            deliver(metadata);
          },
          onReceiveMessage: (message: unknown, deliver) => {
            if (message instanceof Undecodable) {
              call.sendStatus(refusal(status.INVALID_ARGUMENT, message.message));
              return;
            }
            if (method.requestStream) arrival?.cancel();
            if (subject === NO_SUBJECT) subject = subjectIn(message);
            deliver(message);
          },
          onReceiveHalfClose: (deliver) => {
            arrival?.cancel();
            deliver();
          },
          onCancel: () => {
            arrival?.cancel();
            if (isAdmitted) admission.leave(work, user);
            answers.end();
            const durationMs = clock.now() - startMs;
            ended({ path: method.path, peer, subject, ...answer, bytes: answers.sent, durationMs });
          },
        });
      },
    });
  };
}

/** As grpc-js hands it to `sendStatus`; it exports no name for it. */
export type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** Why nothing of a call is looked at but its metadata. */
function headRefusal(metadata: Metadata, limits: GateLimits): Status | undefined {
  if (metadataBytes(metadata) > limits.metadataBytes) {
    return refusal(status.RESOURCE_EXHAUSTED, metadataTooLarge(limits));
  }
  return hasUnreadableTimeout(metadata)
    ? refusal(status.INVALID_ARGUMENT, UNREADABLE_TIMEOUT)
    : undefined;
}

const NO_SUBJECT: Subject = {};

type Arrival = { cancel(): void } | undefined;

type HowAnswered = Pick<CallEnd, 'code' | 'details' | 'reason'>;

const NOT_ANSWERED = { code: undefined, details: '', reason: undefined } as const;

const UNPACKABLE = 'the message could not be decompressed by what grpc-encoding says';

/** grpc-js takes it for a fault of ours. */
function isUnpackable({ code, details }: Status): boolean {
  return code === status.INTERNAL && details === 'Failed to decompress message';
}

function answerOf(
  { code, details, metadata }: Status,
  reasons: WeakMap<Metadata, string>,
): HowAnswered {
  const reason = metadata ? reasons.get(metadata) : undefined;
  return { code, details, reason };
}

/** Of our own services: see decode.ts. Those of libraries get other messages. */
function subjectIn(message: unknown): Subject {
  return isDecoded(message) && message.ok ? subjectOf(message.message) : {};
}

function isDecoded(message: unknown): message is Decoded {
  return typeof message === 'object' && message !== null && 'ok' in message;
}

function refusal(
  code: status,
  details: string,
): { readonly code: status; readonly details: string; readonly metadata: null } {
  return { code, details, metadata: null };
}

function metadataTooLarge({ metadataBytes }: GateLimits): string {
  return `the metadata has more than ${metadataBytes} bytes`;
}

function requestTooSlow({ readTimeoutMs }: GateLimits): string {
  return `the request did not arrive within ${readTimeoutMs} ms`;
}

function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) bytes += name.length + value.length;
  }
  return bytes;
}
