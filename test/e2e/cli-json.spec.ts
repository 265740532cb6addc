import { expect } from 'chai';
import type { Command } from 'commander';
import { main } from '../../src/cli/main.js';
import { makeProgram } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { CliProcess } from '../support/cli-process.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { comparable, withoutPages } from './cli-json-forms.js';
import { leases, PAIRS, tokens } from './cli-json-pairs.js';
import type { Pair, Side } from './cli-json-pairs.js';

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
