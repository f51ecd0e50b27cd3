import type { Person } from '../support/stack.ts'
import { apiRequest, type Client } from './client.ts'
import type { Ledger } from './ledger.ts'
import { must, REGISTERS } from './people.ts'

/** Robots of one project; a project takes a thousand. */
const MOST_ROBOTS = 900
/** One made robot in so many is deleted again. */
const DELETED_ONE_IN = 4

/** Writes over the API, whose outcome is known only where it was answered. */
export interface Writes {
  readonly makeRobot: (permissions?: readonly object[]) => Promise<void>
  readonly deleteRobot: () => Promise<void>
  readonly countUp: () => Promise<void>
  /** A robot that has never asked for a token. */
  readonly takeRobot: () => Person | undefined
}

const USUAL = [{ repositories: '**', actions: ['pull'] }]
const PROJECTS = ['robots-1', 'robots-2', 'robots-3', 'robots-4'] as const

interface Place {
  readonly project: string
  readonly name: string
}

const placeOf = (number: number): Place => ({
  project: PROJECTS[Math.floor(number / MOST_ROBOTS) % PROJECTS.length] ?? PROJECTS[0],
  name: `r${number}`,
})

function writeRobots(
  client: Client,
  { robots }: Ledger,
): Pick<Writes, 'makeRobot' | 'deleteRobot' | 'takeRobot'> {
  let made = 0
  const deletable: Place[] = []
  const fresh: Person[] = []
  const note = ({ project, name }: Place, state: 'there' | 'gone' | undefined): void =>
    void robots.get(project)?.set(name, state)
  return {
    makeRobot: async (permissions = USUAL) => {
      const number = made++
      const place = placeOf(number)
      const { project, name } = place
      const request = apiRequest('POST', `/projects/${project}/robots`, { name, permissions })
      const answer = await client.ask('write', [201], request)
      note(place, answer && 'there')
      if (answer === undefined) return
      const { secret } = JSON.parse(answer.text) as { readonly secret: string }
      if (number % DELETED_ONE_IN === 0) deletable.push(place)
      else fresh.push({ username: `robot$${project}+${name}`, password: secret })
    },
    deleteRobot: async () => {
      const place = deletable.shift()
      if (place === undefined) return
      note(place, undefined)
      const path = `/projects/${place.project}/robots/${place.name}`
      const answer = await client.ask('write', [204], apiRequest('DELETE', path))
      note(place, answer && 'gone')
    },
    takeRobot: () => fresh.pop(),
  }
}

function writeRegisters(client: Client, { registers }: Ledger): Writes['countUp'] {
  let counted = 0
  const busy = new Set<string>()
  return async () => {
    const username = REGISTERS[counted++ % REGISTERS.length] ?? REGISTERS[0]
    const register = registers.get(username)
    // One at a time, so that the order of the values is known.
    if (register === undefined || busy.has(username)) return
    busy.add(username)
    const value = ++register.sent
    const request = apiRequest('PATCH', `/users/${username}`, { displayName: String(value) })
    const answer = await client.ask('write', [200], request)
    if (answer !== undefined) register.acknowledged = value
    busy.delete(username)
  }
}

export async function createWrites(client: Client, ledger: Ledger): Promise<Writes> {
  for (const name of PROJECTS) {
    await must(client, 'POST', '/projects', { name })
    ledger.robots.set(name, new Map())
  }
  for (const username of REGISTERS) ledger.registers.set(username, { sent: 0, acknowledged: 0 })
  return { ...writeRobots(client, ledger), countUp: writeRegisters(client, ledger) }
}
