import { request, type Agent } from 'node:http';

const PATIENCE_MS = 30_000;

export interface Asking {
  readonly httpPort: number;
  readonly token: string;
  readonly agent: Agent;
}

export interface Answer {
  /** 0: the connection broke. */
  readonly status: number;
  readonly body: string;
}

/** A request of one who shows a token. */
export function ask(
  { httpPort, token, agent }: Asking,
  method: string,
  path: string,
  body: object = {},
): Promise<Answer> {
  const text = JSON.stringify(body);
  return new Promise((resolve) => {
    const broken = (): void => resolve({ status: 0, body: '' });
    const asked = request(
      {
        ...{ method, path, host: '127.0.0.1', port: httpPort, agent },
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: said }));
        response.on('error', broken);
      },
    );
    asked.on('error', broken);
    asked.end(text);
  });
}
