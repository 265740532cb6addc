import { Command, Option } from 'commander';
import type { ParseOptionsResult } from 'commander';

/**
 * A command that runs another program, whose words are its last arguments: `[options] <name> [options] [--] <program> [words]`.
 * With the program its own options end, as flock's do.
 */
export class WrappingCommand extends Command {
  override parseOptions(argv: string[]): ParseOptionsResult {
    return super.parseOptions(separated(argv, this.options));
  }
}

/** A line for a shell instead of a program and its words. */
export function lineOption(): Option {
  return new Option('-c, --command <line>', 'a line for the shell ($SHELL, else /bin/sh) to run');
}

/** What to run, one of both. @throws CommanderError if it is none, or both. */
export function programWords(
  command: Command,
  words: readonly string[],
  line: string | undefined,
): readonly string[] {
  if ((line === undefined) === (words.length === 0))
    command.error(
      `error: give a command to run, or a line for the shell with -c${line === undefined ? '' : ', not both'}`,
    );
  if (line === undefined) return words;
  // As flock does it.
  const { SHELL: shell = '' } = process.env;
  return [shell === '' ? '/bin/sh' : shell, '-c', line];
}

/** With the dashes before the program. */
function separated(argv: string[], options: readonly Option[]): string[] {
  let isNamed = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') return argv;
    if (word.startsWith('-') && word !== '-') {
      if (takesNext(word, options)) at++;
    } else if (isNamed) {
      return [...argv.slice(0, at), '--', ...argv.slice(at)];
    } else {
      isNamed = true;
    }
  }
  return argv;
}

/** Whether the value of an option is the next word, and not a part of this one. */
function takesNext(word: string, options: readonly Option[]): boolean {
  if (word.startsWith('--')) return options.some(({ long, required }) => required && long === word);
  // Several short ones may be in one word, and the value of the last.
  const letters = options.map(({ short, required }) => (required ? short?.slice(1) : undefined));
  const at = word.split('').findIndex((letter) => letters.includes(letter));
  return at > 0 && at === word.length - 1;
}
