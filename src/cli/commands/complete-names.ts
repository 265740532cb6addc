import { Argument, Command, Option } from 'commander';
import type { Surroundings } from '../client/client-command.js';
import { openClient, Warnings } from '../client/client-command.js';
import { durationMs } from '../client/flags.js';
import { readBashLine } from '../completion/bash-line.js';
import { namesOf } from '../completion/names.js';
import { wantedNames } from '../completion/wanted-names.js';

interface NamesFlags {
  readonly within: number;
  readonly bash?: string;
}

/** What is written of a command line, and how the shell wants what follows. */
interface Line {
  readonly words: readonly string[];
  readonly spelled: (name: string) => string | undefined;
}

/**
 * Prints the names that a command line may go on with, one a line, for the scripts of `completion`. Never says anything else: somebody
 * is typing. Ends the process when the daemon's time is over.
 * @param load makes the program with a command of that name.
 */
export function completeNamesCommand(
  surroundings: Surroundings,
  load: (command: string) => Promise<Command>,
): Command {
  const command = new Command('complete-names')
    .addOption(
      new Option('--within <duration>', 'how long the daemon may take')
        .argParser(durationMs)
        .makeOptionMandatory(),
    )
    .option('--bash <breaks>', 'the words are one line of bash, with these COMP_WORDBREAKS')
    .addArgument(new Argument('<words...>', 'after the name of the program, to the cursor'));
  return command.action(async () => {
    const { within, bash } = command.opts<NamesFlags>();
    const line = bash === undefined ? wordsLine(command.args) : bashLine(command.args, bash);
    if (line === undefined) return;
    const names = await namesFor(line.words, within, load).catch(() => []);
    for (const name of names) {
      const spelled = line.spelled(name);
      if (spelled !== undefined) surroundings.terminal.out(`${spelled}\n`);
    }
  });
}

async function namesFor(
  words: readonly string[],
  withinMs: number,
  load: (command: string) => Promise<Command>,
): Promise<readonly string[]> {
  const wanted = wantedNames(await load(words[0] ?? ''), words);
  if (wanted === undefined) return [];
  await using client = await openClient(wanted.connection, new Warnings());
  // Not by a signal: a name server that does not answer would keep the process.
  setTimeout(() => process.exit(0), withinMs).unref();
  return await namesOf(client, wanted);
}

function wordsLine(words: readonly string[]): Line {
  return { words, spelled: (name) => name };
}

/** Before the name of the program there may be variables. */
function bashLine([text = '']: readonly string[], breaks: string): Line | undefined {
  const line = readBashLine(text, breaks);
  const at = line?.words.findIndex((word) => /(?:^|\/)shared-lock$/.test(word)) ?? -1;
  if (line === undefined || at < 0) return undefined;
  return { ...line, words: line.words.slice(at + 1) };
}
