import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { Authenticator } from '../../src/access/authenticator.js';
import { readPolicy } from '../../src/access/read-policy.js';
import { sha256Of, StaticTokens, tokensOfPolicy } from '../../src/access/static-tokens.js';
import { SystemClock } from '../../src/clock/system-clock.js';
import { AccessRules } from '../../src/core/access/access-rules.js';
import { Principals } from '../../src/core/access/principals.js';
import { Guard } from '../../src/server/access/guard.js';
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

/** A guard by a policy; the token of each principal is its name. */
export function guardFor(
  text: string,
  refusals: string[] = [],
  mode: 'audit' | 'enforce' = 'enforce',
): Guard {
  const policy = readPolicy(text);
  return new Guard({
    mode,
    rules: new AccessRules(policy),
    authenticator: new Authenticator({
      clock: new SystemClock(),
      principals: new Principals(policy),
      tokens: new StaticTokens(tokensOfPolicy(policy)),
      jwt: undefined,
    }),
    refused: ({ message }) => void refusals.push(message),
  });
}

/** Both wires of a daemon, and calls of them. */
export class GuardedServers {
  readonly servers: TestServers;
  readonly #client: Client;

  constructor(servers: TestServers) {
    this.servers = servers;
    this.#client = new Client(`127.0.0.1:${servers.grpcPort}`, credentials.createInsecure());
  }

  static async start(guard: Guard | undefined): Promise<GuardedServers> {
    return new GuardedServers(await startServers({ ...(guard === undefined ? {} : { guard }) }));
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.servers.stop();
  }

  /** What a call is answered; of a stream what comes within 150 ms. */
  grpc(path: string, message: object, token?: string): Promise<GrpcAnswer> {
    const method = DESCRIPTORS.methods.find((each) => each.path.endsWith(`.${path}`));
    if (method === undefined) throw new TypeError(path);
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
    return new Promise((resolve) => {
      const end = (code: number, details: string): void => {
        clearTimeout(timer);
        resolve({ code, details, answers });
      };
      const timer = setTimeout(() => {
        end(0, 'open');
        stream.cancel();
      }, 150);
      stream.on('data', (answer: object) => answers.push({ ...answer }));
      stream.on('error', ({ code, details }: ServiceError) => end(code, details));
      stream.on('end', () => setImmediate(() => end(0, '')));
      stream.write(message);
      if (!method.requestStream) stream.end();
    });
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
