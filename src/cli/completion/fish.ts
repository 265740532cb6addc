import type { CommandWords, Flag } from './words.js';

/** fish quotes names itself. @param within how long asking for names may take, e.g. `300ms`. */
export function fishCompletion(words: readonly CommandWords[], within: string): string {
  const lines = words.flatMap(({ path, subcommands, flags, choices, hasNames }) => {
    const begin = `complete -c shared-lock -n ${quoted(`__shared_lock_at ${quoted(path)}`)}`;
    return [
      ...subcommands.map(
        ({ name, description }) => `${begin} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...choices.map((choice) => `${begin} -f -a ${choice}`),
      ...(hasNames ? [`${begin} -f -a '(__shared_lock_names)'`] : []),
      ...flags.map((flag) => `${begin} ${fishFlag(flag)}`),
    ];
  });
  const known = words.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# Completion of shared-lock for fish.
function __shared_lock_at
  set -l path
  for word in (commandline -opc)[2..-1]
    test $word = -- && return 1
    contains -- (string trim "$path $word") ${known.join(' ')}
    and set path (string trim "$path $word")
  end
  test "$path" = "$argv[1]"
end
function __shared_lock_names
  set -l current (string unescape -- (commandline -ct))
  command shared-lock complete-names --within ${within} -- (commandline -opc)[2..-1] "$current" 2>/dev/null
end
${lines.join('\n')}
`;
}

function fishFlag({ long, short, description, takesValue, choices }: Flag): string {
  return [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(takesValue ? ['-r'] : []),
    ...(choices.length > 0 ? [`-f -a ${quoted(choices.join(' '))}`] : []),
    `-d ${quoted(description)}`,
  ].join(' ');
}

/** For fish: only these two have a meaning inside of single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
