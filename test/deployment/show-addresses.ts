import { readFileSync } from 'node:fs'
import { runCommand } from '../support/run-command.ts'
import { waitFor } from '../support/wait-for.ts'
import { assert } from './clients.ts'
import type { Project } from './project.ts'
import { ALICE, type Scene } from './show-clients.ts'

const LIE = {
  'x-forwarded-for': '9.9.9.9',
  'x-real-ip': '9.9.9.9',
  forwarded: 'for=9.9.9.9;host=evil.example.com',
  'x-forwarded-host': 'evil.example.com',
}

interface AuditItem {
  readonly time: string
  readonly action: string
  readonly address: string | null
}

/** Address from which a call of the API by alice came, as the audit record has it. */
export async function addressSeen(
  { api, send }: Project,
  ask: { readonly from?: string; readonly headers: Readonly<Record<string, string>> },
): Promise<string> {
  const startedAt = Date.now()
  const mark = `t${startedAt.toString(36)}`
  const { status, text } = await send('POST', '/api/v1/me/tokens', {
    as: ALICE,
    json: { name: mark },
    ...ask,
  })
  assert(status === 201, `${status} ${text}`)
  const { found } = await waitFor(
    async () => {
      const { items } = (await api('GET', '/audit?limit=20')) as { items: readonly AuditItem[] }
      const made = items.filter(({ action }) => action === 'access-token.create')
      return made.find(({ time }) => Date.parse(time) >= startedAt)?.address ?? undefined
    },
    { mostMs: 60_000, what: 'the row of the audit record' },
  )
  return found
}

/** The checks of `warden doctor` inside the container of the service, by name. */
export async function askDoctor(
  project: Project,
  connect: string,
): Promise<Record<string, string>> {
  const ca = readFileSync(project.caPath, 'utf8')
  const command = `printf %s "$0" > /tmp/ca.crt && exec warden doctor --json --ca /tmp/ca.crt --connect ${connect}`
  const { stdout, output } = await project.compose('exec', '-T', 'warden', 'sh', '-c', command, ca)
  assert(stdout.startsWith('{'), output)
  const { checks } = JSON.parse(stdout) as {
    checks: readonly { name: string; state: string; detail: string }[]
  }
  return Object.fromEntries(checks.map(({ name, state, detail }) => [name, `${state}: ${detail}`]))
}

export const faultsOf = (checks: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(checks).flatMap(([name, said]) =>
    said.startsWith('fault') ? [`${name} ${said}`] : [],
  )

/** R14, as far as a composition decides it. */
export async function showAddresses({ project, record, place }: Scene): Promise<void> {
  await record.show('R14: the service knows a client by its own address', async () => {
    const [first, second] = place.addresses
    for (const from of [first, second]) {
      const seen = await addressSeen(project, { from, headers: {} })
      assert(seen === from, `from ${from}, seen as ${seen}`)
    }
    return `${first} and ${second}, in the audit record`
  })
  await record.show('R14: what a client says of its address and host changes nothing', async () => {
    const [from] = place.addresses
    const seen = await addressSeen(project, { from, headers: LIE })
    assert(seen === from, `seen as ${seen}`)
    const { headers } = await project.send('GET', '/v2/', {
      headers: { ...LIE, host: 'evil.example.com' },
    })
    const challenge = String(headers['www-authenticate'])
    assert(challenge.includes(`realm="https://${project.host}/auth/token"`), challenge)
    return challenge
  })
  await record.show('warden doctor finds no fault inside', async () => {
    const checks = await askDoctor(project, 'nginx:443')
    assert(faultsOf(checks).length === 0, faultsOf(checks).join('\n'))
    for (const name of ['door', 'events', 'forwarded-for', 'own-token', 'tls', 'challenge']) {
      assert(checks[name]?.startsWith('ok') === true, `${name} ${checks[name]}`)
    }
    return `${Object.keys(checks).length} checks`
  })
  await record.show('warden doctor finds no fault from outside', async () => {
    const args = [
      'dist/src/main.js',
      'doctor',
      '--url',
      `https://${project.host}`,
      '--ca',
      project.caPath,
    ]
    const { code, output } = await runCommand(process.execPath, args)
    assert(code === 0, output)
    return undefined
  })
}
