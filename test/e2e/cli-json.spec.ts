import { expect } from 'chai';
import type { Command } from 'commander';
import { main } from '../../src/cli/main.js';
import { makeProgram } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';

/** Each thing is there twice: one is asked for by the command line, the other over HTTP. */
type Side = 'cli' | 'http';

/** A command, and the request that is the same. */
interface Pair {
  readonly command: string;
  /** After the command, without connection and output. */
  readonly args: (side: Side) => readonly string[];
  readonly request: (side: Side) => readonly [verb: string, path: string, body?: object];
  /** Of a watch: how many events to look at, and what makes the last of them. */
  readonly events?: { readonly count: number; readonly change?: (side: Side) => readonly string[] };
}

/** What both sides were granted. */
const leases: Record<Side, string> = { cli: '', http: '' };
const tokens: Record<Side, string> = { cli: '', http: '' };

const lock = (side: Side, rest = ''): string => `/v1/locks/${side}-lock${rest}`;
const election = (side: Side, rest = ''): string => `/v1/elections/${side}-election${rest}`;
const counter = (side: Side, rest = ''): string => `/v1/counters/${side}-counter${rest}`;
const config = (side: Side, rest = ''): string =>
  `/v1/namespaces/${side}-space/configs/limits${rest}`;
const space = (side: Side, rest = ''): string => `/v1/namespaces/${side}-space/configs${rest}`;
const SHA = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

/** In this order: what one makes, the next ones look at. */
const PAIRS: readonly Pair[] = [
  {
    command: 'lock acquire',
    args: (side) =>
      `${side}-lock --ttl 1m --owner ann --value v --label job=x --label a=b`.split(' '),
    request: (side) => [
      'POST',
      lock(side, ':acquire'),
      { ttl: '60s', owner: 'ann', value: 'v', labels: { job: 'x', a: 'b' } },
    ],
  },
  {
    command: 'lock acquire',
    args: (side) => [`${side}-lock`],
    request: (side) => ['POST', lock(side, ':acquire'), {}],
  },
  {
    command: 'lock hold',
    args: (side) => [`held-${side}`, '--ttl', '1m'],
    request: (side) => ['POST', `/v1/locks/held-${side}:acquire`, { ttl: '60s' }],
    events: { count: 1 },
  },
  {
    command: 'lock get',
    args: (side) => [`${side}-lock`],
    request: (side) => ['GET', lock(side)],
  },
  {
    command: 'lock list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/locks?prefix=${side}-`],
  },
  {
    command: 'lock list',
    args: () => ['--prefix', 'nothing'],
    request: () => ['GET', '/v1/locks?prefix=nothing'],
  },
  {
    command: 'lock check',
    args: (side) => [`${side}-lock`, tokens[side]],
    request: (side) => ['POST', lock(side, ':checkToken'), { fencingToken: tokens[side] }],
  },
  {
    command: 'lease get',
    args: (side) => [leases[side]],
    request: (side) => ['GET', `/v1/leases/${leases[side]}`],
  },
  {
    command: 'lease keepalive',
    args: (side) => [leases[side]],
    request: (side) => ['POST', `/v1/leases/${leases[side]}:keepAlive`, {}],
  },
  {
    command: 'lease list',
    args: () => ['--owner', 'ann'],
    request: () => ['GET', '/v1/leases?owner=ann'],
  },
  {
    command: 'lease watch',
    args: (side) => [leases[side]],
    request: (side) => ['GET', `/v1/leases/${leases[side]}:watch`],
    events: { count: 1 },
  },
  {
    command: 'lock watch',
    args: (side) => [`${side}-lock`],
    request: (side) => ['GET', lock(side, ':watch')],
    events: {
      count: 2,
      change: (side) => ['lock', 'release', `${side}-lock`, '--lease', leases[side]],
    },
  },
  {
    command: 'lock release',
    args: (side) => [`${side}-lock`, '--lease', leases[side]],
    request: (side) => ['POST', lock(side, ':release'), { leaseId: leases[side] }],
  },
  {
    command: 'lock force-release',
    args: (side) => [`${side}-lock`, '--reason', 'why'],
    request: (side) => ['POST', lock(side, ':forceRelease'), { reason: 'why' }],
  },
  {
    command: 'lease create',
    args: () => ['--ttl', '1m'],
    request: () => ['POST', '/v1/leases', { ttl: '60s' }],
  },
  {
    command: 'lease revoke',
    args: (side) => [leases[side]],
    request: (side) => ['DELETE', `/v1/leases/${leases[side]}`],
  },
  {
    command: 'election campaign',
    args: (side) => [`${side}-election`, '--candidate', 'ann', '--value', 'v', '--ttl', '1m'],
    request: (side) => [
      'POST',
      election(side, ':campaign'),
      { candidate: 'ann', value: 'v', ttl: '60s' },
    ],
  },
  {
    command: 'election campaign',
    args: (side) => [`${side}-election`, '--candidate', 'bob'],
    request: (side) => ['POST', election(side, ':campaign'), { candidate: 'bob', wait: '0s' }],
  },
  {
    command: 'election leader',
    args: (side) => [`${side}-election`],
    request: (side) => ['GET', election(side)],
  },
  {
    command: 'election list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/elections?prefix=${side}-`],
  },
  {
    command: 'election observe',
    args: (side) => [`${side}-election`],
    request: (side) => ['GET', election(side, ':observe')],
    events: { count: 1 },
  },
  {
    command: 'election resign',
    args: (side) => [`${side}-election`, '--lease', leases[side]],
    request: (side) => ['POST', election(side, ':resign'), { leaseId: leases[side] }],
  },
  {
    command: 'counter get',
    args: (side) => [`${side}-counter`],
    request: (side) => ['GET', counter(side)],
  },
  {
    command: 'counter add',
    args: (side) => [`${side}-counter`, '5'],
    request: (side) => ['POST', counter(side, ':add'), { delta: '5' }],
  },
  {
    command: 'counter set',
    args: (side) => [`${side}-counter`, '9223372036854775807'],
    request: (side) => ['PUT', counter(side), { value: '9223372036854775807' }],
  },
  {
    command: 'counter list',
    args: (side) => ['--prefix', `${side}-`],
    request: (side) => ['GET', `/v1/counters?prefix=${side}-`],
  },
  {
    command: 'counter watch',
    args: (side) => [`${side}-counter`],
    request: (side) => ['GET', counter(side, ':watch')],
    events: { count: 2, change: (side) => ['counter', 'set', `${side}-counter`, '3'] },
  },
  {
    command: 'counter delete',
    args: (side) => [`${side}-counter`],
    request: (side) => ['DELETE', counter(side)],
  },
  {
    command: 'config create',
    args: (side) => [`${side}-space`, 'limits', '{"a":1.0}'],
    request: (side) => ['POST', config(side), { document: '{"a":1.0}' }],
  },
  {
    command: 'config put',
    args: (side) => [`${side}-space`, 'limits', '{"a":2}'],
    request: (side) => ['PUT', config(side), { document: '{"a":2}' }],
  },
  {
    command: 'config patch',
    args: (side) => [`${side}-space`, 'limits', '{"b":3}'],
    request: (side) => ['PATCH', config(side), { patch: '{"b":3}', type: 'MERGE_PATCH' }],
  },
  {
    command: 'config rollback',
    args: (side) => [`${side}-space`, 'limits', '0'],
    request: (side) => ['POST', config(side, ':rollback'), { version: 0 }],
  },
  {
    command: 'config disable',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['POST', config(side, ':setEnabled'), { enabled: false }],
  },
  {
    command: 'config enable',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['POST', config(side, ':setEnabled'), { enabled: true }],
  },
  {
    command: 'config get',
    args: (side) => [`${side}-space`, 'limits', '--version', '1'],
    request: (side) => ['GET', `${config(side)}?version=1`],
  },
  {
    command: 'config history',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['GET', config(side, '/versions')],
  },
  {
    command: 'config list',
    args: (side) => [`${side}-space`],
    request: (side) => ['GET', space(side)],
  },
  {
    command: 'config watch',
    args: (side) => [`${side}-space`],
    request: (side) => ['GET', space(side, ':watch')],
    events: { count: 3, change: (side) => ['config', 'disable', `${side}-space`, 'limits'] },
  },
  {
    command: 'config delete',
    args: (side) => [`${side}-space`, 'limits'],
    request: (side) => ['DELETE', config(side)],
  },
  {
    command: 'message put',
    args: () => ['hello'],
    request: () => ['POST', '/v1/messages', { message: 'hello' }],
  },
  {
    command: 'message get',
    args: () => [SHA],
    request: () => ['GET', `/v1/messages/${SHA}`],
  },
  {
    command: 'message delete',
    args: () => ['0'.repeat(64)],
    request: () => ['DELETE', `/v1/messages/${'0'.repeat(64)}`],
  },
];

/** What is another each time: of it the form is compared. */
const UNSTABLE =
  /^(?:leaseId|fencingToken|currentToken|term|revision|etag|key|.*[aA]ge|remaining|remainingTtl|.*At)$/;
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^-?\d+(\.\d+)?s$/, 'a duration'],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'a time'],
  [/^"\d+"$/, 'an etag'],
  [/^0$/, 'zero'],
  [/^\d+$/, 'a number'],
];

function formOf(text: string): string {
  return FORMS.find(([form]) => form.test(text))?.[1] ?? 'a text';
}

/** JSON text without what differs between both sides, with the order of its members. */
function comparable(json: string): string {
  const value: unknown = JSON.parse(json, (name, each: unknown) =>
    typeof each === 'string' && UNSTABLE.test(name) ? formOf(each) : each,
  );
  return JSON.stringify(value, null, 1).replace(/"(?:cli|http)-/g, '"');
}

/** There is none in what has all pages. */
function withoutPages(json: string): string {
  return json.replace(/,"nextPageToken":""/, '');
}

describe('-o json', function () {
  this.timeout(60_000);
  let daemon: DaemonProcess;
  before(async () => {
    daemon = await DaemonProcess.start({ quiet: true });
  });
  after(() => daemon.dispose());

  async function cli(...words: string[]): Promise<string> {
    let [out, err] = ['', ''];
    const terminal: Terminal = {
      isTerminal: false,
      isErrTerminal: false,
      out: (text) => void (out += text),
      err: (text) => void (err += text),
    };
    await main([...words, '--address', daemon.grpcAddress], terminal);
    expect(out, err).to.match(/^\{.*\}\n$/);
    return out;
  }

  function ask(verb: string, path: string, body?: object): Promise<Response> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    return fetch(`${daemon.url}${path}`, { method: verb, headers, ...json });
  }

  /** Of the side that was asked last. */
  function remember(side: Side, json: string): void {
    leases[side] = /"leaseId":"(\d+)"/.exec(json)?.[1] ?? leases[side];
    tokens[side] = /"fencingToken":"(\d+)"/.exec(json)?.[1] ?? tokens[side];
  }

  async function watchByCli({ command, args, events }: Pair): Promise<readonly string[]> {
    const { count = 0, change } = events ?? {};
    const words = [...command.split(' '), ...args('cli'), '-o', 'json'];
    const process = new CliProcess(words, { address: daemon.grpcAddress });
    try {
      await process.says(new RegExp(`(?:.*\n){${change === undefined ? count : count - 1}}`));
      if (change !== undefined) await cli(...change('cli'), '-o', 'json');
      await process.says(new RegExp(`(?:.*\n){${count}}`));
      return process.lines.slice(0, count);
    } finally {
      await process.kill();
    }
  }

  async function watchByHttp({ request, events }: Pair): Promise<readonly string[]> {
    const { count = 0, change } = events ?? {};
    const [verb, path, body] = request('http');
    if (verb !== 'GET') return [(await (await ask(verb, path, body)).text()).trim()];
    const abort = new AbortController();
    const response = await fetch(`${daemon.url}${path}`, { signal: abort.signal });
    let text = '';
    let isChanged = change === undefined;
    const found = (): string[] =>
      [...text.matchAll(/^data: (.*)\n/gm)].map(([, json = '']) => json);
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString(); // a body has bytes
      if (found().length >= count) break;
      if (isChanged || found().length < count - 1) continue;
      isChanged = true;
      if (change !== undefined) await cli(...change('http'), '-o', 'json');
    }
    abort.abort();
    return found().slice(0, count);
  }

  for (const [at, pair] of PAIRS.entries()) {
    const { command, args, request, events } = pair;
    it(`of "${command}" is what the HTTP API answers (${at + 1})`, async () => {
      if (events !== undefined) {
        const [ours, theirs] = [await watchByCli(pair), await watchByHttp(pair)];
        expect(ours).to.have.lengthOf(events.count);
        expect(ours.map(comparable)).to.deep.equal(theirs.map(comparable));
        return;
      }
      const ours = await cli(...command.split(' '), ...args('cli'), '-o', 'json');
      const answer = await ask(...request('http'));
      const theirs = await answer.text();
      expect(answer.status, theirs).to.be.oneOf([200, 409]);
      expect(comparable(ours)).to.equal(comparable(withoutPages(theirs)));
      remember('cli', ours);
      remember('http', theirs);
    });
  }

  it('is compared here for every command that talks to a daemon', async () => {
    const terminal = {
      ...{ out: () => undefined, err: () => undefined },
      ...{ isTerminal: false, isErrTerminal: false },
    };
    const program = await makeProgram({ terminal, finish: () => undefined });
    const leaves = (command: Command, path: string): string[] => {
      const has = (long: string): boolean => command.options.some((option) => option.long === long);
      const own = has('--output') && has('--address') ? [path] : [];
      return [
        ...own,
        ...command.commands.flatMap((each) => leaves(each, `${path} ${each.name()}`.trim())),
      ];
    };
    expect(new Set(PAIRS.map(({ command }) => command))).to.have.all.keys(...leaves(program, ''));
  });

  it('has all pages of a list in one document', async () => {
    for (let at = 0; at < 120; at++) await ask('PUT', `/v1/counters/page-${at}`, { value: '1' });
    const { counters, ...rest } = JSON.parse(
      await cli('counter', 'list', '--prefix', 'page-', '-o', 'json'),
    ) as { readonly counters: readonly object[] }; // as the API has it
    expect(counters).to.have.lengthOf(120);
    expect(rest).to.deep.equal({});
  });

  it('has an empty list where there is nothing, and nothing of pages', async () => {
    expect(await cli('lock', 'list', '--prefix', 'no/', '-o', 'json')).to.equal('{"locks":[]}\n');
  });

  it('says RESYNC where a watch begins anew', async () => {
    const watches = [
      ['lock', 'watch', 'anew'],
      ['election', 'observe', 'anew'],
      ['config', 'watch', 'anew'],
      ['counter', 'watch', 'anew'],
    ].map(
      (words) =>
        new CliProcess([...words, '-o', 'json', '--timeout', '30s'], {
          address: daemon.grpcAddress,
        }),
    );
    await Promise.all(watches.map((watch) => watch.says(/"(?:STATE|SYNCED)"|"value":"0"/)));
    await daemon.kill();
    await daemon.startAgain();
    const [, , , counterWatch] = watches;
    await Promise.all(watches.slice(0, 3).map((watch) => watch.says(/"kind":"RESYNC".*\n/)));
    await counterWatch?.says(/"resync":true.*\n/);
    for (const watch of watches) await watch.kill();
    const resync = watches.map(({ lines }) => JSON.parse(lines[1] ?? '') as object);
    expect(resync[0]).to.containSubset({ lock: { name: 'anew', held: false } });
    expect(resync[1]).to.containSubset({ election: { name: 'anew' } });
    expect(resync[2]).to.deep.equal({ kind: 'RESYNC', revision: '0', name: '' });
    expect(resync[3]).to.include({ name: 'anew', value: '0' });
  });

  it('escapes control characters that JSON would let through', async () => {
    const value = 'a\u009b2Jb\u202e';
    const out = await cli('lock', 'acquire', 'harm', '--value', value, '-o', 'json');
    expect(out).to.contain('"acquired":true');
    const shown = await cli('lock', 'get', 'harm', '-o', 'json');
    expect(shown).to.contain(String.raw`"value":"a\u009b2Jb\u202e"`);
    expect(JSON.parse(shown)).to.have.nested.property('holders[0].value', value);
  });
});
