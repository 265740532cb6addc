import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, type JWK } from 'jose';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'shared-lock';

/** A key pair that signs tokens. */
export class Signer {
  readonly publicJwk: JWK;
  readonly #algorithm: string;
  readonly #privateKey: KeyObject;

  private constructor(publicJwk: JWK, algorithm: string, privateKey: KeyObject) {
    this.publicJwk = publicJwk;
    this.#algorithm = algorithm;
    this.#privateKey = privateKey;
  }

  static make(kid: string, algorithm = 'ES256'): Signer {
    const { publicKey, privateKey } = keyPair(algorithm);
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    return new Signer({ ...jwk, kid, alg: algorithm, use: 'sig' }, algorithm, privateKey);
  }

  /** @param claims in place of the usual ones; undefined: without it. */
  token(nowMs: number, claims: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(nowMs / 1000);
    const all = { iss: ISSUER, aud: AUDIENCE, sub: 'ann', exp: now + 300, ...claims };
    return new SignJWT(all)
      .setProtectedHeader({ alg: this.#algorithm, kid: String(this.publicJwk.kid) })
      .sign(this.#privateKey);
  }
}

function keyPair(algorithm: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Keys, over HTTP. */
export class JwksServer {
  keys: readonly JWK[] = [];
  /** Of the next answers. */
  status = 200;
  /** Of each request that came. */
  readonly requests: IncomingHttpHeaders[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request.headers);
      response.statusCode = this.status;
      response.end(JSON.stringify({ keys: this.keys }));
    });
  }

  static async start(): Promise<JwksServer> {
    const started = new JwksServer();
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/jwks`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
