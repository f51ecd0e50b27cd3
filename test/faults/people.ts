import { ADMIN, ALICE, GINA, type Person, STAN } from '../support/stack.ts'
import { apiRequest, type Client } from './client.ts'

export const VICTIM: Person = { username: 'vera', password: 'violet-window-44' }
export const DISABLED: Person = { username: 'dora', password: 'distant-meadow-55' }
/** Whose display names count up. */
export const REGISTERS = ['reg-1', 'reg-2', 'reg-3'] as const
/** Where images are pushed to and pulled from. */
export const REPOSITORIES = ['acme/app', 'acme/web', 'acme/jobs'] as const
export const PULLED = 'acme/pulled'

/** @returns the text that was answered. @throws where it was refused */
export async function must(
  client: Client,
  method: string,
  path: string,
  json?: unknown,
): Promise<string> {
  const { status, text } = await client.send(apiRequest(method, path, json))
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  return text
}

/** Robots that pull, and nobody else has the secrets of. */
export async function makeRobot(client: Client, project: string, name: string): Promise<Person> {
  const json = { name, permissions: [{ repositories: '**', actions: ['pull'] }] }
  const { secret } = JSON.parse(await must(client, 'POST', `/projects/${project}/robots`, json))
  return { username: `robot$${project}+${name}`, password: secret }
}

/** The people of the load, and the project in which they work. */
export async function makePeople(client: Client): Promise<void> {
  for (const { username, password } of [ALICE, GINA, STAN, VICTIM, DISABLED]) {
    await must(client, 'POST', '/users', { username, password })
  }
  for (const username of REGISTERS) {
    await must(client, 'POST', '/users', { username, password: ADMIN.password + username })
  }
  await must(client, 'POST', '/projects', { name: 'acme' })
  const roles = { alice: 'developer', dora: 'developer', gina: 'guest' }
  for (const [username, role] of Object.entries(roles)) {
    await must(client, 'PUT', `/projects/acme/members/users/${username}`, { role })
  }
  await must(client, 'PATCH', `/users/${DISABLED.username}`, { disabled: true })
}
