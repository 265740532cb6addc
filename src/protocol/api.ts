import type { MethodDefinition } from '@grpc/proto-loader';
import type { AccessServiceDefinition } from './generated/sharedlock/v1/AccessService.js';
import type { ConfigServiceDefinition } from './generated/sharedlock/v1/ConfigService.js';
import type { CounterServiceDefinition } from './generated/sharedlock/v1/CounterService.js';
import type { ElectionServiceDefinition } from './generated/sharedlock/v1/ElectionService.js';
import type { LeaseServiceDefinition } from './generated/sharedlock/v1/LeaseService.js';
import type { LockServiceDefinition } from './generated/sharedlock/v1/LockService.js';
import type { MessageServiceDefinition } from './generated/sharedlock/v1/MessageService.js';

/** The services, for callers: what a method takes and answers follows from its name. */
export interface Api {
  readonly LeaseService: LeaseServiceDefinition;
  readonly LockService: LockServiceDefinition;
  readonly ElectionService: ElectionServiceDefinition;
  readonly CounterService: CounterServiceDefinition;
  readonly ConfigService: ConfigServiceDefinition;
  readonly MessageService: MessageServiceDefinition;
  readonly AccessService: AccessServiceDefinition;
}

/** What a caller may leave out has its default. */
export type RequestOf<S extends keyof Api, M extends keyof Api[S]> =
  Api[S][M] extends MethodDefinition<infer Request, infer _R, infer _Q, infer _A> ? Request : never;

/** As it is decoded: every field is there, integers of 64 bits are text. */
export type ResponseOf<S extends keyof Api, M extends keyof Api[S]> =
  Api[S][M] extends MethodDefinition<infer _Q, infer _R, infer _P, infer Response>
    ? Response
    : never;
