import type { CommandWords, Flag } from './words.js';

/** What the scripts of bash and zsh have in common. */

/** The words that have a meaning, by the words before them; where names are asked for, flags come only where one is begun. */
export function wordCases(words: readonly CommandWords[], variable: string): string {
  return words
    .map(({ path, subcommands, flags, choices, hasNames, runsPrograms }) => {
      const names = [...subcommands.map(({ name }) => name), ...choices];
      const all = [...names, ...flags.flatMap(spellings)];
      const marks = `${hasNames ? ' has_names=1' : ''}${runsPrograms ? ' runs_programs=1' : ''}`;
      return `    '${path}') ${variable}='${all.join(' ')}'${marks} ;;`;
    })
    .join('\n');
}

/** After a flag that takes a value: the values, if it takes one of several. */
export function valueCases(words: readonly CommandWords[], variable: string): string {
  const byFlag = new Map<string, readonly string[]>();
  for (const { long, short, takesValue, choices } of words.flatMap(({ flags }) => flags)) {
    if (takesValue) byFlag.set([long, short].filter(Boolean).join('|'), choices);
  }
  return [...byFlag]
    .map(([flag, choices]) => `    ${flag}) ${variable}='${choices.join(' ')}' is_value=1 ;;`)
    .join('\n');
}

function spellings({ long, short }: Flag): string[] {
  return short === undefined ? [long] : [long, short];
}

/** Follows the words of the line as far as they are commands, into `command_path`. */
export function findPath(words: readonly CommandWords[], before: string): string {
  const paths = words
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|');
  return `  for word in ${before}; do
    [[ $word == -- ]] && after_dashes=1 && break
    case "\${command_path:+$command_path }$word" in
      ${paths}) command_path="\${command_path:+$command_path }$word" ;;
    esac
  done`;
}
