import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { Authenticator } from '../../src/access/authenticator.js';
import { readPolicy } from '../../src/access/read-policy.js';
import { sha256Of, StaticTokens, tokensOfPolicy } from '../../src/access/static-tokens.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import { AccessRules } from '../../src/core/access/access-rules.js';
import { Quotas } from '../../src/core/access/quota.js';
import { Principals } from '../../src/core/access/principals.js';
import type { AuditSink } from '../../src/server/access/audit.js';
import { Guard, type Access } from '../../src/server/access/guard.js';
import type { Refusal } from '../../src/server/access/refusal.js';
import type { MethodDescriptor } from '../../src/protocol/descriptors.js';
import { OpenCalls } from '../../src/server/access/open-calls.js';
import { JwtVerifier } from '../../src/access/jwt-verifier.js';
import { KeySet } from '../../src/access/key-set.js';
import { AUDIENCE, ISSUER, Signer } from '../unit/access/tokens.js';
import { DESCRIPTORS, startServers, type TestServers } from './wire-servers.js';

export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** As JSON, without what differs from one time to the next. */
  readonly answers: readonly Readonly<Record<string, unknown>>[];
}

/** A line of a policy for one whose static token is its name. */
export function tokenOf(name: string, aliases: readonly string[] = []): string {
  const hash = sha256Of(name).toString('hex');
  return `{name: ${name}, aliases: [${aliases.join(', ')}], match: {tokenSha256: "${hash}"}}`.replace(
    'aliases: [], ',
    '',
  );
}

/** What the issuer of the tests signs with. */
export const SIGNER = Signer.make('one');

/** A guard by a policy; the token of each principal is its name, and JWTs are of the issuer of the tests. */
export function guardFor(
  text: string,
  refusals: string[] = [],
  mode: 'audit' | 'enforce' = 'enforce',
): Guard {
  const refused = ({ fault }: Refusal): void => void refusals.push(fault.message);
  return new Guard({ mode, ...accessFor(text), refused });
}

/** What a guard goes by. */
export function accessFor(text: string): Access {
  const clock = new SystemClock();
  const policy = readPolicy(text);
  const jwks = { keys: [SIGNER.publicJwk] };
  const keys = new KeySet(
    clock,
    () => Promise.resolve(jwks),
    () => undefined,
  );
  const rules = { issuer: ISSUER, audience: AUDIENCE, groupsClaim: 'groups' };
  return {
    rules: new AccessRules(policy),
    quotas: new Quotas(policy),
    authenticator: new Authenticator({
      clock,
      principals: new Principals(policy),
      tokens: new StaticTokens(tokensOfPolicy(policy)),
      jwt: new JwtVerifier(rules, clock, keys.keyFor),
    }),
  };
}

/** A call that goes on. */
export interface OpenCall {
  readonly answers: readonly Readonly<Record<string, unknown>>[];
  readonly ended: Promise<{ readonly code: number; readonly details: string }>;
  /** Whether it is open for a while to come. */
  isOpen(): Promise<boolean>;
  /** Resolves with the first answer that has the member. */
  answer(member: string): Promise<unknown>;
  send(message: object): void;
  cancel(): void;
}

/** Both wires of a daemon, and calls of them. */
export class GuardedServers {
  readonly servers: TestServers;
  readonly #client: Client;

  constructor(servers: TestServers) {
    this.servers = servers;
    this.#client = new Client(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
  }

  static async start(guard: Guard | undefined, audit?: AuditSink): Promise<GuardedServers> {
    return new GuardedServers(
      await startServers({
        ...(guard === undefined ? {} : { guard }),
        ...(audit === undefined ? {} : { audit }),
      }),
    );
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.servers.stop();
  }

  /** What a call is answered; of a stream what comes within 150 ms. */
  async grpc(path: string, message: object, token?: string): Promise<GrpcAnswer> {
    const call = this.open(path, message, token);
    const isStream = methodOf(path).responseStream;
    const ended = await (isStream ? Promise.race([call.ended, sleepMs(150)]) : call.ended);
    if (ended === undefined) call.cancel();
    return { ...(ended ?? { code: 0, details: 'open' }), answers: call.answers };
  }

  open(path: string, message: object, token?: string): OpenCall {
    const method = methodOf(path);
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const { requestSerialize, responseDeserialize } = method.definition;
    const stream = this.#client.makeBidiStreamRequest(
      method.path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    const answers: Record<string, unknown>[] = [];
    stream.on('data', (answer: object) => answers.push({ ...answer }));
    const ended = new Promise<{ code: number; details: string }>((resolve) => {
      stream.on('error', ({ code, details }: ServiceError) => resolve({ code, details }));
      stream.on('end', () => setImmediate(() => resolve({ code: 0, details: '' })));
    });
    stream.write(message);
    if (!method.requestStream) stream.end();
    const found = (member: string): unknown =>
      answers
        .map((answer) => answer[member])
        .find((value) => value !== undefined && value !== null);
    return {
      answers,
      ended,
      isOpen: async () => (await Promise.race([ended, sleepMs(100)])) === undefined,
      answer: async (member) => {
        while (found(member) === undefined) await sleepMs(5);
        return found(member);
      },
      send: (more) => stream.write(more),
      cancel: () => stream.cancel(),
    };
  }

  /** What is under way, for the guard to look at again. */
  calls(guard: Guard): OpenCalls {
    return new OpenCalls(guard, [this.servers.http.calls, this.servers.grpc.calls]);
  }

  http(
    method: string,
    path: string,
    token?: string,
    body?: string,
  ): Promise<{ status: number; text: string }> {
    return fetch(`http://127.0.0.1:${this.servers.httpPort}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    }).then(async (response) => ({ status: response.status, text: await response.text() }));
  }
}

function methodOf(path: string): MethodDescriptor {
  const method = DESCRIPTORS.methods.find((each) => each.path.endsWith(`.${path}`));
  if (method === undefined) throw new TypeError(path);
  return method;
}

function sleepMs(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
