import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { readEnvironment } from '../config/environment.ts'
import { type Address, type Config, readConfig } from '../config/read-config.ts'
import { VARIABLES } from '../config/variables.ts'
import type { Diagnosis } from '../maintenance/doctor/check.ts'
import { runDoctor } from '../maintenance/doctor/run-doctor.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type JsonOption, withJson } from './listing.ts'
import { loginPath, readLogin } from './login-file.ts'
import { printable, printJson, printTable, say } from './output.ts'
import { parseServiceUrl } from './session.ts'

interface DoctorOptions extends JsonOption {
  readonly url?: string
  readonly connect?: Address
  readonly ca?: string
  readonly registryConfig?: string
}

interface Configuration {
  readonly config?: Config
  readonly configurationFaults: readonly string[]
}

/** Who has one of these means to be where the service runs. */
const INNER_VARIABLES = /^WARDEN_(?:DB_PASSWORD|REGISTRY_URL)(?:_FILE)?$/

function parseAddress(text: string): Address {
  const { data, error } = VARIABLES.WARDEN_LISTEN.safeParse(text)
  if (data === undefined) throw new InvalidArgumentError(error?.issues[0]?.message ?? '')
  return data
}

async function readGiven(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`a file that you named cannot be read: ${reason}`, EXIT.usage)
  }
}

function readConfiguration({ env }: CommandLine): Configuration {
  const isInside = Object.entries(env).some(([name, text]) => text && INNER_VARIABLES.test(name))
  if (!isInside) return { configurationFaults: [] }
  try {
    return { config: readConfig(env).config, configurationFaults: [] }
  } catch (error) {
    if (error instanceof ConfigError) return { configurationFaults: error.faults }
    throw error
  }
}

async function findUrl(commandLine: CommandLine, given: string | undefined): Promise<string> {
  const { WARDEN_PUBLIC_URL, WARDEN_URL } = readEnvironment(commandLine.env).values
  const text = given ?? WARDEN_PUBLIC_URL ?? WARDEN_URL
  if (text !== undefined) return parseServiceUrl(text)
  const kept = await readLogin(loginPath(commandLine.env))
  if (kept !== undefined) return kept.login.url
  throw new CommandError('which deployment? give --url https://registry.example.com', EXIT.usage)
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

function printDiagnosis(commandLine: CommandLine, { checks }: Diagnosis): void {
  const rows = checks.map(({ name, state, detail }) => [name, state, detail])
  printTable(commandLine, ['check', 'state', 'detail'], rows)
  const advised = checks.filter(({ advice }) => advice !== undefined)
  if (advised.length > 0) commandLine.stdout.write('\nWhat to do:\n')
  for (const { name, advice } of advised) {
    commandLine.stdout.write(printable(`  ${name}: ${advice}`).concat('\n'))
  }
}

async function examineDeployment(commandLine: CommandLine, options: DoctorOptions): Promise<void> {
  const diagnosis = await runDoctor({
    url: await findUrl(commandLine, options.url),
    connect: options.connect,
    ca: await readGiven(options.ca),
    registryConfig: await readGiven(options.registryConfig),
    ...readConfiguration(commandLine),
  })
  if (options.json) printJson(commandLine, diagnosis)
  else printDiagnosis(commandLine, diagnosis)
  const { faults, warnings } = diagnosis
  const sum = `${plural(faults, 'fault')}, ${plural(warnings, 'warning')}`
  if (faults > 0) throw new CommandError(sum)
  say(commandLine, sum)
}

/** `warden doctor`. */
export function addDoctorVerb(program: Command, commandLine: CommandLine): void {
  const doctor = program
    .command('doctor')
    .description(
      'check a deployment from outside, and from inside where the configuration of the service is; changes nothing, exit code 1 where there is a fault',
    )
    .option('--url <url>', 'address that clients use; WARDEN_PUBLIC_URL or that of your login')
    .option('--connect <host:port>', 'connect there instead of where the name leads', parseAddress)
    .option('--ca <file>', 'authority of the TLS certificate, where it is a private one')
    .option('--registry-config <file>', 'configuration of the registry, to look into it too')
  withJson(doctor).action((options: DoctorOptions) => examineDeployment(commandLine, options))
}
