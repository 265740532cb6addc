import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Where the keys are. */
export type JwksSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      /** Authorities of the server, PEM. Undefined: those that Node brings. */
      readonly caPath: string | undefined;
      /** A bearer token for the server, as the API server of Kubernetes may want one. */
      readonly tokenPath: string | undefined;
    };

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5000;

/** Reads it, and with it the files of the token and the authorities, which change. @throws Error that says nothing of the token. */
export async function readJwks(source: JwksSource): Promise<unknown> {
  const text = source.kind === 'file' ? await readFile(source.path, 'utf8') : await fetched(source);
  if (text.length > MAX_BYTES) throw new Error(`the keys have more than ${MAX_BYTES} bytes`);
  return JSON.parse(text);
}

async function fetched(source: Extract<JwksSource, { kind: 'url' }>): Promise<string> {
  const { url, caPath, tokenPath } = source;
  const ca = caPath === undefined ? undefined : await readFile(caPath);
  const token = tokenPath === undefined ? undefined : (await readFile(tokenPath, 'utf8')).trim();
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const options = {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // Not kept: there are 30 s to the next one.
    agent: false,
    headers: {
      accept: 'application/jwk-set+json, application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        reject(new Error(`the server of the keys answered ${response.statusCode ?? 0}`));
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MAX_BYTES) response.destroy(new Error('the keys are too many bytes'));
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
