import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import type { Command } from 'commander';
import { makeProgram } from '../../../src/cli/program.js';
import { commandWords } from '../../../src/cli/completion/words.js';
import { bashCompletion } from '../../../src/cli/completion/bash.js';
import { fishCompletion } from '../../../src/cli/completion/fish.js';
import { zshCompletion } from '../../../src/cli/completion/zsh.js';

const WANTED = `
  serve run health whoami backup restore version completion
  lease:create,keepalive,revoke,get,list,watch
  lock:hold,acquire,release,get,list,watch,check,force-release
  election:run,campaign,leader,observe,resign,list
  counter:get,add,set,delete,list,watch
  config:create,get,put,patch,delete,enable,disable,history,rollback,list,watch
  message:put,get,delete
  policy:check,lint`;

async function program(): Promise<Command> {
  const terminal = {
    out: () => undefined,
    err: () => undefined,
    isTerminal: false,
    isErrTerminal: false,
  };
  return makeProgram({ terminal, finish: () => undefined, ready: () => undefined });
}

const PROGRAM = await program();

/** All commands that do something, with the words that call them. */
function leaves(command: Command, path = ''): [string, Command][] {
  if (command.commands.length === 0) return [[path, command]];
  return command.commands.flatMap((each) => leaves(each, `${path} ${each.name()}`.trim()));
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

describe('the commands', () => {
  it('are those of the contract', () => {
    const wanted = WANTED.trim()
      .split(/\s+/)
      .flatMap((word) => {
        const [group = '', verbs] = word.split(':');
        return verbs === undefined ? [group] : verbs.split(',').map((verb) => `${group} ${verb}`);
      });
    expect(leaves(PROGRAM).map(([path]) => path)).to.have.members(wanted);
  });

  for (const [path, command] of leaves(PROGRAM)) {
    it(`have help with an example: ${path}`, () => {
      const help = helpOf(command);
      expect(help).to.match(/\nExamples:\n/);
      expect(help).to.contain(`shared-lock ${path}`);
    });
  }

  it('that talk to a daemon document their exit codes', () => {
    for (const [path, command] of leaves(PROGRAM)) {
      if (!command.options.some(({ long }) => long === '--address')) continue;
      expect(helpOf(command), path).to.contain('Exit codes:').and.to.contain('69');
    }
  });
});

describe('the completion of bash', () => {
  const script = bashCompletion(commandWords(PROGRAM), '300ms');

  /** What bash offers for a line, of which the last word is being typed. */
  function complete(...words: string[]): string[] {
    const setUp = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shared_lock`;
    const print = 'printf "%s\\n" "${COMPREPLY[@]}"';
    const out = execFileSync(
      'bash',
      ['--norc', '-c', `${script}\n${setUp}\n${print}`, 'bash', 'shared-lock', ...words],
      { encoding: 'utf8' },
    );
    return out.split('\n').filter((line) => line !== '');
  }

  it('offers the commands', () => {
    expect(complete('')).to.include.members(['serve', 'run', 'lock', 'lease', '--version']);
    expect(complete('l')).to.have.members(['lock', 'lease']);
  });

  it('offers the commands of a group', () => {
    expect(complete('lock', 'a')).to.deep.equal(['acquire']);
    expect(complete('config', 'r')).to.deep.equal(['rollback']);
  });

  it('offers the flags of a command, wherever its arguments are', () => {
    expect(complete('lock', 'acquire', '--sh')).to.deep.equal(['--shared']);
    expect(complete('lock', 'acquire', 'report', '--sh')).to.deep.equal(['--shared']);
    expect(complete('counter', 'get', '--sh')).to.deep.equal([]);
  });

  it('offers the values of a flag that has a choice', () => {
    expect(complete('lock', 'list', '-o', '')).to.have.members(['table', 'json']);
  });

  it('offers nothing for a value that may be anything', () => {
    expect(complete('lock', 'acquire', '--ttl', '')).to.deep.equal([]);
  });

  it('offers the arguments that have a choice', () => {
    expect(complete('completion', 'z')).to.deep.equal(['zsh']);
  });

  it('offers programs after the dashes of run', () => {
    expect(complete('run', 'x', '--', 'ech')).to.include('echo');
  });

  it('takes a lock for a lock, though it has the name of a command', () => {
    expect(complete('lock', 'get', 'list', '--cont')).to.deep.equal([]);
  });
});

describe('the completion of zsh and fish', () => {
  it('knows every command and flag', () => {
    const words = commandWords(PROGRAM);
    const [zsh, fish] = [zshCompletion(words, '300ms'), fishCompletion(words, '300ms')];
    for (const { path, flags } of words) {
      expect(zsh).to.contain(`'${path}')`);
      expect(fish).to.contain(`__shared_lock_at \\'${path}\\''`);
      for (const { long } of flags) expect(fish).to.contain(`-l ${long.slice(2)}`);
    }
  });
});
