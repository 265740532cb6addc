import type { CommandWords, Flag } from './words.js';

/** Both of bash and zsh: the words that have a meaning, by the words before them. */
function cases(words: readonly CommandWords[]): string {
  return words
    .map(({ path, subcommands, flags, choices }) => {
      const names = [...subcommands.map(({ name }) => name), ...choices];
      const all = [...names, ...flags.flatMap(spellings)];
      return `    '${path}') words='${all.join(' ')}' ;;`;
    })
    .join('\n');
}

/** After a flag that takes one of several values. */
function valueCases(words: readonly CommandWords[]): string {
  const byFlag = new Map<string, readonly string[]>();
  for (const { long, short, takesValue, choices } of words.flatMap(({ flags }) => flags)) {
    if (takesValue) byFlag.set([long, short].filter(Boolean).join('|'), choices);
  }
  return [...byFlag]
    .map(([flag, choices]) => `    ${flag}) words='${choices.join(' ')}'; is_value=1 ;;`)
    .join('\n');
}

function spellings({ long, short }: Flag): string[] {
  return short === undefined ? [long] : [long, short];
}

function paths(words: readonly CommandWords[]): string {
  return words
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|');
}

/** Follows the words of the line as far as they are commands, into `path`. */
function findPath(words: readonly CommandWords[], first: string): string {
  return `  for word in ${first}; do
    [[ $word == -- ]] && after_dashes=1 && break
    case "\${path:+$path }$word" in
      ${paths(words)}) path="\${path:+$path }$word" ;;
    esac
  done`;
}

export function bashCompletion(words: readonly CommandWords[]): string {
  return `# Completion of shared-lock for bash.
_shared_lock() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local path='' words='' word after_dashes='' is_value=''
${findPath(words, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  if [[ $after_dashes ]]; then
    COMPREPLY=($(compgen -c -- "$cur"))
    return
  fi
  case "$path" in
${cases(words)}
  esac
  case "$prev" in
${valueCases(words)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _shared_lock shared-lock
`;
}

export function zshCompletion(words: readonly CommandWords[]): string {
  return `#compdef shared-lock
# Completion of shared-lock for zsh.
_shared_lock() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]}
  local -a before=("\${(@)words[2,CURRENT-1]}")
  local path_='' word after_dashes='' is_value='' found=''
${findPath(words, '"${before[@]}"').replaceAll('path', 'path_')}
  if [[ -n $after_dashes ]]; then
    _command_names -e
    return
  fi
  case "$path_" in
${cases(words).replaceAll("words='", "found='")}
  esac
  case "$prev" in
${valueCases(words).replaceAll("words='", "found='")}
  esac
  if [[ -n $is_value && -z $found ]]; then
    _files
  else
    compadd -- \${=found}
  fi
}
if [[ $funcstack[1] == _shared-lock ]]; then _shared_lock "$@"; else compdef _shared_lock shared-lock; fi
`;
}

export function fishCompletion(words: readonly CommandWords[]): string {
  const lines = words.flatMap(({ path, subcommands, flags, choices }) => {
    const begin = `complete -c shared-lock -n ${quoted(`__shared_lock_at ${quoted(path)}`)}`;
    return [
      ...subcommands.map(
        ({ name, description }) => `${begin} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...choices.map((choice) => `${begin} -f -a ${choice}`),
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
