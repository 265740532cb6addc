import { findPath, valueCases, wordCases } from './posix.js';
import type { CommandWords } from './words.js';

/** zsh quotes names itself. @param within how long asking for names may take, e.g. `300ms`. */
export function zshCompletion(words: readonly CommandWords[], within: string): string {
  return `#compdef shared-lock
# Completion of shared-lock for zsh.
_shared_lock() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]}
  local -a before=("\${(@Q)words[2,CURRENT-1]}") names
  local command_path='' word after_dashes='' is_value='' found='' has_names='' runs_programs=''
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P '*='
  fi
${findPath(words, '"${before[@]}"')}
  case "$command_path" in
${wordCases(words, 'found')}
  esac
  if [[ -n $after_dashes ]]; then
    [[ -n $runs_programs ]] && _command_names -e
    return
  fi
  case "$prev" in
${valueCases(words, 'found')}
  esac
  if [[ -n $is_value && -z $found ]]; then
    _files
  elif [[ -n $has_names && -z $is_value && $cur != -* ]]; then
    names=("\${(@f)$(command shared-lock complete-names --within ${within} -- "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null)}")
    [[ -n $names[1] ]] && compadd -a names
  else
    compadd -- \${=found}
  fi
}
if [[ $funcstack[1] == _shared-lock ]]; then _shared_lock "$@"; else compdef _shared_lock shared-lock; fi
`;
}
