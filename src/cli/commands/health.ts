import { Command } from 'commander';
import { EXIT } from '../../core/exit-codes.js';
import { visible } from '../../core/visible.js';
import { helpAfter } from '../client/help.js';
import { addOutputFlag } from '../output/printer.js';
import type { OutputFlags } from '../output/printer.js';
import type { Finish, Terminal } from '../terminal.js';

/** Longer answers of /readyz are cut. */
const ANSWER_BYTES = 4096;
const TIMEOUT_MS = 3000;
const UNIX = 'unix:';
const ADDRESS_HINT = 'a URL such as http://localhost:8080, or unix: and an absolute path';

interface HealthFlags extends OutputFlags {
  readonly url?: string;
  readonly live?: boolean;
}

/** Asks a daemon whether it is ready: for people, for probes, and for HEALTHCHECK of an image. */
export function healthCommand(terminal: Terminal, finish: Finish): Command {
  const command = new Command('health')
    .description('Ask a running daemon whether it is ready: exit code 0, or 69 if it is not.')
    .option(
      '--url <url>',
      'where its HTTP API is, or unix: and the path of a socket (default: on this machine, by the ' +
        'SHARED_LOCK_* variables)',
    )
    .option('--live', 'ask only whether it runs: 0 also while its storage is out of reach');
  return addOutputFlag(command)
    .addHelpText(
      'after',
      helpAfter({
        examples: [
          ['health --url http://10.0.0.7:8080', 'a daemon elsewhere'],
          ['health --url unix:/run/shared-lock/http.sock', 'by its socket'],
          ['health -o json', 'whether it is ready, and why not, as JSON'],
        ],
      }),
    )
    .action(async ({ url, live = false, output }: HealthFlags) => {
      const base = url ?? (await ownUrl());
      const target = targetOf(base, live ? '/livez' : '/readyz');
      if (target === undefined) {
        terminal.err(`shared-lock: ${base} is no address: give ${ADDRESS_HINT}\n`);
        finish(EXIT.usage);
        return;
      }
      const { isFine, text: detail } = await ask(target);
      const answer = live ? { live: isFine, detail } : { ready: isFine, detail };
      if (output === 'json') terminal.out(`${visible(JSON.stringify(answer))}\n`);
      else if (isFine) terminal.out(`${detail}\n`);
      if (!isFine) terminal.err(`${detail}\n`);
      finish(isFine ? EXIT.ok : EXIT.unavailable);
    });
}

/** The daemon that the same environment would configure. */
async function ownUrl(): Promise<string> {
  const { loadConfig } = await import('../../config/load.js');
  const { processSurroundings } = await import('../../config/surroundings.js');
  const { config } = loadConfig({
    flags: {},
    file: undefined,
    surroundings: processSurroundings(),
  });
  const { host, port, httpSocketPath } = config.server;
  // It asks for no certificate, which the port may.
  if (httpSocketPath !== '') return `${UNIX}${httpSocketPath}`;
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${config.tls === undefined ? 'http' : 'https'}://${name}:${port}`;
}

async function ask(target: Target): Promise<{ readonly isFine: boolean; readonly text: string }> {
  try {
    const { status, body } = await get(target);
    const isFine = status === 200;
    return { isFine, text: body.trim() || (isFine ? 'ready' : `not ready: HTTP ${status}`) };
  } catch (error) {
    const why = error instanceof Error ? error.message || String(error) : String(error);
    return { isFine: false, text: `no daemon answers at ${target.shown}: ${why}` };
  }
}

interface Target {
  readonly url: URL;
  /** Undefined: over TCP. */
  readonly socketPath: string | undefined;
  /** For people. */
  readonly shown: string;
}

function targetOf(base: string, path: string): Target | undefined {
  if (base.startsWith(UNIX)) {
    const socketPath = base.slice(UNIX.length).replace(/^\/\/(?=\/)/, '');
    if (!socketPath.startsWith('/')) return undefined;
    return { url: new URL(path, 'http://localhost'), socketPath, shown: base };
  }
  try {
    const url = new URL(path, base);
    if (!/^https?:$/.test(url.protocol)) return undefined;
    return { url, socketPath: undefined, shown: url.origin };
  } catch {
    // It can't be read as a URL.
    return undefined;
  }
}

async function get({
  url,
  socketPath,
}: Target): Promise<{ readonly status: number; readonly body: string }> {
  const isTls = url.protocol === 'https:';
  const { request } = isTls ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    signal.addEventListener('abort', () => {
      reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    // The certificate is not checked: it is made for other names than this machine's own, and nothing secret
    // is said.
    const outgoing = request(url, {
      signal,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(isTls ? { rejectUnauthorized: false } : {}),
    });
    outgoing.once('error', reject).once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').once('error', reject);
      response.on('data', (chunk: string) => {
        if (body.length < ANSWER_BYTES) body += chunk.slice(0, ANSWER_BYTES - body.length);
      });
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    outgoing.end();
  });
}
