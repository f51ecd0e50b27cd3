export interface RegistrySettings {
  /** Address under which clients reach the registry, with no slash at its end. */
  readonly publicUrl: string
  readonly service: string
  readonly issuer: string
  readonly httpSecret: string
  /** What the registry shows with its notifications. */
  readonly notificationsSecret: string
}

const HEAD =
  '# Written by `warden setup` and written anew each time it runs: change nothing here.\n'

/** Text in double quotes, as YAML and JSON both read it. */
const quoted = (text: string): string => JSON.stringify(text)

function replaceValue(text: string, key: string, value: string): string {
  const line = new RegExp(`^( +${key}:) \\S.*$`, 'gm')
  if (text.match(line)?.length !== 1) {
    throw new Error(`the template of the registry's configuration must have one line "${key}: …"`)
  }
  return text.replace(line, (_line, start: string) => `${start} ${quoted(value)}`)
}

const SWITCH = /^( +)disabled: true\n( +url: .*\n)/m

/** Switches the notifications on, with the header by which we know the registry. */
function enableNotifications(text: string, secret: string): string {
  if (!SWITCH.test(text)) {
    throw new Error("the template of the registry's configuration must have a disabled endpoint")
  }
  return text.replace(
    SWITCH,
    (_lines, indent: string, url: string) =>
      `${indent}disabled: false\n${url}${indent}headers:\n${indent}  Authorization: [${quoted(`Bearer ${secret}`)}]\n`,
  )
}

/**
 * Fills a copy of registry-config.yml in for one installation. The secrets go into the file
 * because the registry reads them from nowhere else but its environment, which engines show.
 *
 * @param template text of registry-config.yml; its comments are left out
 * @throws Error when a line that has to be filled in is missing or there twice
 */
export function renderRegistryConfig(template: string, settings: RegistrySettings): string {
  const bare = template.replace(/^ *(#.*)?\n/gm, '')
  const { publicUrl, service, issuer, httpSecret, notificationsSecret } = settings
  const values = { realm: `${publicUrl}/auth/token`, service, issuer }
  const filled = Object.entries(values).reduce(
    (text, [key, value]) => replaceValue(text, key, value),
    enableNotifications(bare, notificationsSecret),
  )
  if (!/^http:\n/m.test(filled)) {
    throw new Error("the template of the registry's configuration must have a section http")
  }
  return HEAD + filled.replace(/^http:\n/m, (line) => `${line}  secret: ${quoted(httpSecret)}\n`)
}
