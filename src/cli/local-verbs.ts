import type { Command } from 'commander'
import { addBackupVerbs } from './backup-verbs.ts'
import type { CommandLine } from './command-line.ts'
import { addDoctorVerb } from './doctor-verb.ts'
import { addHtpasswdVerbs } from './htpasswd-verbs.ts'
import { addInstallationVerbs } from './installation-verbs.ts'
import { addKeysVerbs } from './keys-verbs.ts'
import { addSetupVerb } from './setup-verb.ts'

/** Verbs that live above this room; `main.ts` brings them. */
export interface UpperVerbs {
  /** Serves until the process is told to stop. */
  readonly serve: () => Promise<void>
  readonly version: string
}

/** Verbs that take configuration, certificates or database of the service at hand, and much code with them. */
export function addLocalVerbs(
  program: Command,
  commandLine: CommandLine,
  { serve, version }: UpperVerbs,
): void {
  program.command('serve').description('serve tokens and the API').action(serve)
  addInstallationVerbs(program, commandLine)
  addKeysVerbs(program, commandLine)
  addBackupVerbs(program, commandLine, version)
  addHtpasswdVerbs(program, commandLine)
  addSetupVerb(program, commandLine)
  addDoctorVerb(program, commandLine)
}
