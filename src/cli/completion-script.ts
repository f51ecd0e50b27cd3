import type { Command, Option } from 'commander'

export const SHELLS = ['bash', 'zsh'] as const
export type Shell = (typeof SHELLS)[number]

/** What may follow one command; everything in it is plain words. */
interface Completion {
  /** Names from the program down, an alternative for each alias. */
  readonly paths: readonly string[]
  readonly verbs: readonly string[]
  readonly flags: readonly string[]
  /** Flags that take a value, with what that may be; none: anything. */
  readonly values: readonly { readonly flag: string; readonly choices: readonly string[] }[]
  /** What each argument may be; none: anything. */
  readonly arguments: readonly (readonly string[])[]
}

const namesOf = (command: Command): readonly string[] => [command.name(), ...command.aliases()]

const flagsOf = ({ short, long }: Option): readonly string[] =>
  [long, short].filter((flag) => flag !== undefined)

const valuesOf = (option: Option): Completion['values'] =>
  option.required || option.optional
    ? flagsOf(option).map((flag) => ({ flag, choices: option.argChoices ?? [] }))
    : []

function readCompletions(command: Command, paths: readonly string[]): readonly Completion[] {
  const help = command.createHelp()
  const verbs = help.visibleCommands(command)
  const options = help.visibleOptions(command)
  const below = verbs.flatMap((verb) => {
    const names = namesOf(verb)
    const pathsOfVerb = paths.flatMap((path) => names.map((name) => `${path} ${name}`.trim()))
    return readCompletions(verb, pathsOfVerb)
  })
  const own: Completion = {
    paths,
    verbs: verbs.flatMap(namesOf),
    flags: options.flatMap(flagsOf),
    values: options.flatMap(valuesOf),
    arguments: command.registeredArguments.map(({ argChoices }) => argChoices ?? []),
  }
  return [own, ...below]
}

/** One line of a `case`: nothing in it is taken for anything but itself. */
function toCase(keys: readonly string[], words: readonly string[]): string {
  const text = words.join(' ')
  for (const part of [...keys, text]) {
    if (!/^[A-Za-z0-9 ._-]*$/.test(part)) throw new Error(`not for a shell: ${part}`)
  }
  return `    ${keys.map((key) => `'${key}'`).join('|')}) printf '%s\\n' '${text}' ;;`
}

const below = (paths: readonly string[], word: string): readonly string[] =>
  paths.map((path) => `${path} ${word}`.trim())

function toFunction(name: string, lines: readonly string[]): string {
  return [`${name}() {`, '  case "$1" in', ...lines, '    *) return 1 ;;', '  esac', '}'].join('\n')
}

/** Functions that bash and zsh read alike; they start no process of ours. */
const toTables = (completions: readonly Completion[]): string =>
  [
    toFunction(
      '_warden_verbs',
      completions.map(({ paths, verbs }) => toCase(paths, verbs)),
    ),
    toFunction(
      '_warden_flags',
      completions.map(({ paths, flags }) => toCase(paths, flags)),
    ),
    toFunction(
      '_warden_values',
      completions.flatMap(({ paths, values }) =>
        values.map(({ flag, choices }) => toCase(below(paths, flag), choices)),
      ),
    ),
    toFunction(
      '_warden_arguments',
      completions.flatMap((completion) =>
        completion.arguments.flatMap((choices, i) =>
          choices.length > 0 ? [toCase(below(completion.paths, String(i)), choices)] : [],
        ),
      ),
    ),
  ].join('\n')

/** Given the word at the cursor and those before it. In zsh `path` and `words` have a meaning. */
const WALK = `_warden_candidates() {
  local current="$1" verb='' flag='' word place=0 found=''
  shift
  for word in "$@"; do
    case "$word" in
      =) continue ;;
      -*=*) flag='' ;;
      -*) if _warden_values "\${verb:+$verb }$word" >/dev/null; then flag="$word"; else flag=''; fi ;;
      *)
        if [ -n "$flag" ]; then flag=''
        elif _warden_verbs "\${verb:+$verb }$word" >/dev/null; then verb="\${verb:+$verb }$word"; place=0
        else place=$((place + 1))
        fi ;;
    esac
  done
  if [ -n "$flag" ]; then _warden_values "\${verb:+$verb }$flag"; return; fi
  case "$current" in -*) _warden_flags "$verb"; return ;; esac
  found="$(_warden_verbs "$verb") $(_warden_arguments "\${verb:+$verb }$place")"
  if [ "$found" != ' ' ]; then printf '%s\\n' "$found"; else _warden_flags "$verb"; fi
}`

const DRIVERS: Readonly<Record<Shell, string>> = {
  bash: `_warden() {
  local IFS=$' \\t\\n' current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$current" = '=' ]; then current=''; fi
  COMPREPLY=($(compgen -W "$(_warden_candidates "$current" "\${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "$current"))
}
complete -o default -F _warden warden`,
  zsh: `_warden() {
  emulate -L zsh
  local current="\${words[CURRENT]}"
  local -a before candidates
  before=("\${(@)words[2,CURRENT-1]}")
  if [[ "$current" == --*=* ]]; then
    before+=("\${current%%=*}")
    current=''
    compset -P '*='
  fi
  candidates=(\${=$(_warden_candidates "$current" "\${(@)before}")})
  if (( \${#candidates} )); then compadd -- "\${(@)candidates}" || _files; else _files; fi
}
if ! (( \${+functions[compdef]} )); then autoload -Uz compinit && compinit; fi
compdef _warden warden`,
}

/**
 * Writes the completion of a whole program for a shell: verbs, options, and the choices of options
 * and arguments; files where anything may stand.
 */
export function writeCompletionScript(program: Command, shell: Shell): string {
  const head = `# Completion of warden for ${shell}: eval "$(warden completion ${shell})"`
  return `${[head, toTables(readCompletions(program, [''])), WALK, DRIVERS[shell]].join('\n')}\n`
}
