import { Argument, type Command } from 'commander'
import type { Operations, Schemas } from '../client/generated.ts'
import { SETTING_VARIABLES, VARIABLE_OF_SETTING } from '../config/setting-variables.ts'
import { DEFAULT_SETTINGS, SETTING_NAMES, type SettingName } from '../settings/types.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { printJson, printTable } from './output.ts'
import { withApi } from './session.ts'

type Change = Operations['patchSettings']['body']
type Value = boolean | string | number | null

/** As `setting set` takes it. */
const describeValue = (value: Value): string => (value === null ? 'none' : String(value))

const meaningOf = (name: SettingName): string =>
  SETTING_VARIABLES[VARIABLE_OF_SETTING[name]].description ?? ''

/** @throws CommandError for what the variable that pins the setting would not take, either */
function parseValue(name: SettingName, text: string): Value {
  const parsed = SETTING_VARIABLES[VARIABLE_OF_SETTING[name]].safeParse(text)
  if (parsed.data !== undefined) return parsed.data
  const message = `${JSON.stringify(text)} is no value of ${name}. ${meaningOf(name)}`
  throw new CommandError(message, EXIT.usage)
}

function printSettings(commandLine: CommandLine, settings: Schemas['Settings']): void {
  // Also those that a newer service has.
  const rows = Object.entries(settings).map(([name, { value, pinnedBy }]) => [
    name,
    describeValue(value),
    pinnedBy,
  ])
  printTable(commandLine, ['setting', 'value', 'pinned by'], rows)
}

const listVerb = (setting: Command, commandLine: CommandLine): void => {
  const command = setting.command('list').description('show every setting')
  withJson(command).action((options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { data } = await client.call('getSettings')
      if (options.json) printJson(commandLine, data)
      else printSettings(commandLine, data)
    }),
  )
}

interface ChangeInput {
  readonly name: SettingName
  readonly value: Value
  readonly options: JsonOption
}

const changeSetting = (
  commandLine: CommandLine,
  { name, value, options }: ChangeInput,
): Promise<void> =>
  withApi(commandLine, async (client) => {
    // The value was read as one of that very setting.
    const { data: result } = await client.call('patchSettings', {
      body: { [name]: value } as Change,
    })
    const sentences = [`${name} is ${describeValue(result[name].value)}.`]
    reportDone(commandLine, { result, options, sentences })
  })

const SET_HELP = `
Settings:
${SETTING_NAMES.map((name) => `  ${name}: ${meaningOf(name)}`).join('\n')}

One that the environment of the service pins cannot be changed here.

Examples:
  warden setting set projectCreation everyone
  warden setting set auditRetentionDays 365`

const nameArgument = (): Argument => new Argument('<name>').choices(SETTING_NAMES)

/** `warden setting …`. */
export function addSettingVerbs(program: Command, commandLine: CommandLine): void {
  const setting = program.command('setting').description('what holds for the whole service')
  listVerb(setting, commandLine)
  const set = setting
    .command('set')
    .description('change a setting; every process feels it within a second')
    .addArgument(nameArgument())
    .argument('<value>')
    .addHelpText('after', SET_HELP)
  withJson(set).action((name: SettingName, text: string, options: JsonOption) =>
    changeSetting(commandLine, { name, value: parseValue(name, text), options }),
  )
  const reset = setting
    .command('reset')
    .description('give a setting the value that it has in a new installation')
    .addArgument(nameArgument())
  withJson(reset).action((name: SettingName, options: JsonOption) =>
    changeSetting(commandLine, { name, value: DEFAULT_SETTINGS[name], options }),
  )
}
