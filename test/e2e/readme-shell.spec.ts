import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { DaemonProcess } from '../support/daemon-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['README.md', 'docs/replaced-systems.md'];
const LIMIT_MS = 60_000;

/** What needs more than a daemon and curl, or goes on until somebody ends it. */
const ELSEWHERE = /docker|kubectl|grpcurl|\bnpm\b|\bpip\b|systemctl|curl -sN (?!-m)/;

interface Snippet {
  readonly code: string;
  /** The output that the document shows below it; undefined: none. */
  readonly shown: string | undefined;
}

/** The snippets of a document, for a shell, that can be run here, in order. */
async function snippetsOf(document: string): Promise<Snippet[]> {
  const text = await readFile(join(ROOT, document), 'utf8');
  const blocks = /^```sh\n(.*?)^```$(?:\n\n```(?:json|text)\n(.*?)^```$)?/gms;
  return [...text.matchAll(blocks)]
    .map(([, code = '', shown]) => ({ code, shown }))
    .filter(({ code }) => !ELSEWHERE.test(code));
}

/** Without what differs from one run to the next, and without white space. */
function normalized(output: string): string {
  return output
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"TIME"')
    .replaceAll(/\S+@\S+:\d+/g, 'OWNER')
    .replaceAll(/\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?m?s\b/g, 'DURATION')
    .replaceAll(/"(leaseId|fencingToken|currentToken|term|revision)":\s*"\d+"/g, '"$1":"#"')
    .replaceAll(/^id: \d+/gm, 'id: #')
    .replaceAll(/(token |exclusive +)\d+/g, '$1#')
    .replaceAll(/\s+/g, '');
}

/** Two that answer at the same time do so in any order. */
function linesOf(output: string): string[] {
  return output.split('\n').map(normalized).sort();
}

describe('The commands of the README and of what it links to', function () {
  this.timeout(2 * LIMIT_MS);
  let daemon: DaemonProcess;
  let all: readonly Snippet[];
  let outputs: readonly string[];

  before(async () => {
    daemon = await DaemonProcess.start();
    all = (await Promise.all(DOCUMENTS.map(snippetsOf))).flat();
    outputs = await run(all.map(({ code }) => code));
  });
  after(() => daemon.dispose());

  /** One after the other in one shell, as somebody pastes them. @returns what each printed. */
  const run = async (codes: readonly string[]): Promise<string[]> => {
    const MARK = '=== next snippet ===';
    const script = codes.map((code) => {
      const here = code.replaceAll('localhost:8080', `127.0.0.1:${daemon.httpPort}`);
      // What it left in the background is heard once the next one is done.
      const settled = /&\s*$/.test(code) ? '' : 'wait\n';
      return `${here}${settled}printf '\\n%s\\n' '${MARK}'\n`;
    });
    const env = { ...process.env, SHARED_LOCK_ADDRESS: daemon.grpcAddress };
    const args = ['-c', `shopt -s expand_aliases\n${script.join('')}`];
    // An alias holds from the next line that is read: of a script, not of an argument.
    const { stdout } = await promisify(execFile)('bash', args, {
      ...{ cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 1024 * 1024 },
    });
    return stdout.split(`\n${MARK}\n`).slice(0, -1);
  };

  it('are all run', () => {
    expect(outputs).to.have.length(all.length);
    expect(all).to.have.length.above(20);
  });

  it('print what is shown', () => {
    for (const [index, { code, shown }] of all.entries()) {
      if (shown === undefined) continue;
      const output = outputs[index] ?? '';
      if (linesOf(output.trim()).join() === linesOf(shown.trim()).join()) continue;
      expect(normalized(output), code).to.equal(normalized(shown));
    }
  });

  it('meet no defect of the daemon', () => {
    expect(daemon.output).to.not.contain('"code":"INTERNAL"');
  });
});
