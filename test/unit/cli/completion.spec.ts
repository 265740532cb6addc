import { expect } from 'chai';
import type { Command } from 'commander';
import { readBashLine } from '../../../src/cli/completion/bash-line.js';
import { wantedNames } from '../../../src/cli/completion/wanted-names.js';
import { makeProgram } from '../../../src/cli/program.js';
import { flatten } from '../../../src/config/setting.js';
import { SETTINGS } from '../../../src/config/settings.js';

/** As bash has them by default. */
const BREAKS = ' \t\n"\'><=;|&(:@';

async function program(): Promise<Command> {
  const terminal = {
    ...{ out: () => undefined, err: () => undefined },
    ...{ isTerminal: false, isErrTerminal: false },
  };
  return makeProgram({ terminal, finish: () => undefined });
}

const PROGRAM = await program();

describe('a line of bash', () => {
  const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
    ['shared-lock lock get ', ['shared-lock', 'lock', 'get', '']],
    [String.raw`shared-lock  lock get a\ b`, ['shared-lock', 'lock', 'get', 'a b']],
    [`x 'a "b' "c \\"d' \\x" e`, ['x', 'a "b', `c "d' \\x`, 'e']],
    [`x ''`, []],
    [`x "$HOME" y`, []],
    ['x `id` y', []],
    [`x '$HOME' y`, ['x', '$HOME', 'y']],
    ['true; echo a | x b', ['x', 'b']],
    ['A=1 x --to=b:1 c', ['A=1', 'x', '--to=b:1', 'c']],
    [`x a'b c`, []],
    [`x 'a\\' b`, ['x', 'a\\', 'b']],
    [`x "a\\$b\\"c" d`, ['x', 'a$b"c', 'd']],
    ['x 🔒\\ a', ['x', '🔒 a']],
    ['x a\\', ['x', 'a']],
  ];
  for (const [line, words] of LINES) {
    it(`${JSON.stringify(line)} has ${words.length} words that no shell has to expand`, () => {
      expect(readBashLine(line, BREAKS)?.words ?? []).to.deep.equal(words);
    });
  }

  const SPELLED: readonly (readonly [line: string, name: string, spelled: string | undefined])[] = [
    ['x ', 'plain/name-1.2_x', 'plain/name-1.2_x'],
    ['x a', 'a b', 'a\\ b'],
    ['x a', 'a$(b)`c`;&|<>', 'a\\$\\(b\\)\\`c\\`\\;\\&\\|\\<\\>'],
    ['x a', `a'"\\!~#*?[]{}`, `a\\'\\"\\\\\\!\\~\\#\\*\\?\\[\\]\\{\\}`],
    ['x a:b', 'a:bc d', 'bc\\ d'],
    [String.raw`x a\:b`, 'a:bc', 'a:bc'],
    ['x a=b@', 'a=b@c:d', 'c:d'],
    [`x "a`, 'a b:c', 'a b:c'],
    [`x "a`, 'a$b', undefined],
    [`x 'a`, 'a$b "c"', 'a$b "c"'],
    [`x 'a`, "a'b", undefined],
  ];
  for (const [line, name, spelled] of SPELLED) {
    it(`${JSON.stringify(line)} goes on to ${JSON.stringify(name)} by ${spelled ?? 'nothing'}`, () => {
      expect(readBashLine(line, BREAKS)?.spelled(name)).to.equal(spelled);
    });
  }
});

describe('the names that a command line goes on with', () => {
  const wanted = (...words: string[]): string => {
    const found = wantedNames(PROGRAM, words);
    return found === undefined ? 'none' : `${found.kind} ${found.prefix} ${found.before.join()}`;
  };
  const LINES: readonly (readonly [line: string, wanted: string])[] = [
    ['lock get a', 'lock a '],
    ['lock get --timeout 1s a', 'lock a '],
    ['lock acquire --ttl 1m --label x=y a', 'lock a '],
    ['lock acquire --ttl=1m --shared a', 'lock a '],
    ['lock get x a', 'none'],
    ['lock list a', 'none'],
    ['lock check x 1', 'none'],
    ['lock force-release a', 'lock a '],
    ['run a', 'lock a '],
    ['run x a', 'none'],
    ['election leader a', 'election a '],
    ['counter set --expected 1 a', 'counter a '],
    ['config get a', 'none'],
    ['config get shop a', 'config a shop'],
    ['config list a', 'none'],
    ['serve a', 'none'],
    ['nothing a', 'none'],
    ['a', 'none'],
  ];
  for (const [line, expected] of LINES) {
    it(`are, after ${JSON.stringify(line)}: ${expected}`, () => {
      expect(wanted(...line.split(' '))).to.equal(expected);
    });
  }

  it('come from the daemon that the flags name', () => {
    const found = wantedNames(PROGRAM, ['lock', 'get', '--address', 'a:1', '--timeout', '2s', '']);
    expect(found?.connection).to.include({ address: 'a:1', timeout: 2000 });
  });
});

describe('the values of flags of serve', () => {
  const serve = PROGRAM.commands.find((command) => command.name() === 'serve');
  for (const flag of ['storage', 'log-level']) {
    it(`are those of the setting: --${flag}`, () => {
      const format = flatten(SETTINGS).find(({ setting }) => setting.flag === flag)?.setting.format;
      const { argChoices = [] } = serve?.options.find(({ long }) => long === `--${flag}`) ?? {};
      expect(argChoices.map((choice) => format?.read(choice))).to.deep.equal(argChoices);
      // `mock` is another word for memory.
      const words = format?.hint.match(/[a-z]+/g)?.filter((word) => format.read(word) === word);
      expect(words?.filter((word) => word !== 'mock')).to.have.members(argChoices);
    });
  }
});
