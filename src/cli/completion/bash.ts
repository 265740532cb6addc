import { findPath, valueCases, wordCases } from './posix.js';
import type { CommandWords } from './words.js';

/**
 * Names are never words of the script: what the daemon says could be run. They come quoted, one a line, and are read as they are.
 * @param within how long asking for names may take, e.g. `300ms`.
 */
export function bashCompletion(words: readonly CommandWords[], within: string): string {
  return `# Completion of shared-lock for bash.
_shared_lock() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command_path='' words='' word after_dashes='' is_value='' has_names='' runs_programs='' name
  # bash takes "=" for a word.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
${findPath(words, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  case "$command_path" in
${wordCases(words, 'words')}
  esac
  COMPREPLY=()
  if [[ $after_dashes ]]; then
    [[ $runs_programs ]] && COMPREPLY=($(compgen -c -- "$cur"))
    return
  fi
  case "$prev" in
${valueCases(words, 'words')}
  esac
  if [[ $has_names && ! $is_value && $cur != -* ]]; then
    compopt +o default 2>/dev/null
    while IFS= read -r name; do
      COMPREPLY+=("$name")
    done < <(command shared-lock complete-names --within ${within} --bash "$COMP_WORDBREAKS" -- \\
      "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _shared_lock shared-lock
`;
}
