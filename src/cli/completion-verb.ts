import { Argument, type Command } from 'commander'
import type { CommandLine } from './command-line.ts'
import { SHELLS, type Shell, writeCompletionScript } from './completion-script.ts'

const SETUP = `
For this shell, or in its start file (~/.bashrc, ~/.zshrc) for all to come:
  eval "$(warden completion bash)"
  eval "$(warden completion zsh)"
In zsh warden has to be a program or a function; of an alias zsh completes what it stands for.`

/** `warden completion`. */
export function addCompletionVerb(program: Command, { stdout }: CommandLine): void {
  program
    .command('completion')
    .description('print what makes a shell complete verbs, options and choices')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', SETUP)
    .action((shell: Shell) => {
      stdout.write(writeCompletionScript(program, shell))
    })
}
