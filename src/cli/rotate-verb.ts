import { Argument, type Command } from 'commander'
import {
  beginRotation,
  cancelRotation,
  finishRotation,
  type RotationDeps,
  type RotationStep,
  switchAuthority,
} from '../maintenance/rotation/rotate-authority.ts'
import type { CommandLine } from './command-line.ts'
import { withHost } from './host.ts'
import type { JsonOption } from './listing.ts'
import { printJson, say } from './output.ts'

interface RotateOptions extends JsonOption {
  readonly force?: boolean
}

const run: Readonly<
  Record<RotationStep, (deps: RotationDeps, isForced: boolean) => Promise<string>>
> = {
  begin: (deps) => beginRotation(deps),
  switch: (deps) => switchAuthority(deps),
  finish: (deps, isForced) => finishRotation(deps, { isForced }),
  cancel: (deps) => cancelRotation(deps),
}

const WHAT_IS_NEXT: Readonly<Record<RotationStep, (fingerprint: string) => string>> = {
  begin: (next) =>
    `The bundle has the next authority ${next}, too. Restart the registry, then: warden keys rotate-ca switch`,
  switch: (now) =>
    `The authority ${now} is in force; tokens of the old one stay good. Restart every process of the service, then: warden keys rotate-ca finish`,
  finish: (old) => `The bundle has no ${old} any more. Restart the registry: it is over.`,
  cancel: (next) => `The bundle has no ${next} any more. Restart the registry: it is as it was.`,
}

const HELP = `
Steps:
  warden keys rotate-ca begin    then restart the registry
  warden keys rotate-ca switch   then restart every process of the service
  warden keys rotate-ca finish   then restart the registry
  warden keys rotate-ca cancel   before the switch: as it was`

/** `warden keys rotate-ca`. */
export function addRotateVerb(keys: Command, commandLine: CommandLine): void {
  keys
    .command('rotate-ca')
    .description('replace the token authority in three steps, without refusing a token')
    .addArgument(new Argument('<step>').choices(['begin', 'switch', 'finish', 'cancel']))
    .option('--force', 'finish while tokens of the old authority may be in use: its key is known')
    .addHelpText('after', HELP)
    .action(async (step: RotationStep, { force }: RotateOptions, command: Command) => {
      const fingerprint = await withHost(commandLine, ({ config, database }) =>
        run[step]({ config, database, now: () => new Date() }, force === true),
      )
      if (command.optsWithGlobals().json === true) printJson(commandLine, { step, fingerprint })
      else say(commandLine, WHAT_IS_NEXT[step](fingerprint))
    })
}
