import { request, type Agent } from 'node:http';
import type { DaemonProcess } from '../../support/daemon-process.js';

const PATIENCE_MS = 30_000;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * On a connection of its own, as commands and probes ask, or on that of an agent.
 * @throws Error if it broke, or took longer than `patienceMs`.
 */
export function askOnce(
  { httpPort }: DaemonProcess,
  method: string,
  path: string,
  body = '',
  patienceMs = PATIENCE_MS,
  agent: Agent | false = false,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ method, path, host: '127.0.0.1', port: httpPort, agent },
        signal: AbortSignal.timeout(patienceMs),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Has a lock and gives it back, as anybody may at any time. @returns its fencing token. */
export async function lockOnce(daemon: DaemonProcess, name: string): Promise<string> {
  const grant = await acquire(daemon, name, '5s');
  const lease = JSON.stringify({ leaseId: grant.leaseId });
  const { status, body } = await askOnce(daemon, 'POST', `/v1/locks/${name}:release`, lease);
  if (status !== 200) throw new Error(`not released: ${body}`);
  return grant.fencingToken;
}

export interface Grant {
  readonly leaseId: string;
  readonly fencingToken: string;
}

/** @throws Error with what was answered, if that is no grant. */
export async function acquire(daemon: DaemonProcess, name: string, ttl: string): Promise<Grant> {
  const path = `/v1/locks/${encodeURIComponent(name)}:acquire`;
  const { body } = await askOnce(daemon, 'POST', path, JSON.stringify({ ttl }));
  const { grant } = JSON.parse(body) as { grant?: Grant };
  if (grant === undefined) throw new Error(`no lock: ${body}`);
  return grant;
}
