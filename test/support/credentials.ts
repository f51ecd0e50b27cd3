import { setTimeout as sleep } from 'node:timers/promises'
import { ALICE, addPeople, basic, type Person, type TestStack } from './stack.ts'

/** Disabled from the beginning, with the right password. */
export const DORA: Person = { username: 'dora', password: 'dark-cellar-44' }

/** Everything that one can sign in with, and everything that has to be refused. */
export interface TestCredentials {
  /** Of alice, with all that she may. */
  readonly token: Person
  /** Of alice, for `acme/web/**` alone. */
  readonly narrowToken: Person
  readonly revokedToken: Person
  /** `robot$acme+ci`: pulls and pushes in acme. */
  readonly robot: Person
  readonly expiredRobot: Person
  readonly disabledRobot: Person
  /** From 10.0.0.0/8 alone, where these tests never come from. */
  readonly farRobot: Person
}

type Make = (path: string, json: unknown, as?: Person) => Promise<Record<string, unknown>>

const createMake =
  ({ api }: TestStack, method: string): Make =>
  async (path, json, as) => {
    const { status, text } = await api(method, path, { json, ...(as && { as }) })
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

const EXPIRES_AFTER_MS = 1500

const toPerson = ({ username, secret }: Record<string, unknown>): Person => ({
  username: String(username),
  password: String(secret),
})

/** Makes the people of the stack, and tokens and robots of all kinds in its project `acme`. */
export async function addCredentials(stack: TestStack): Promise<TestCredentials> {
  await addPeople(stack)
  const [post, patch] = [createMake(stack, 'POST'), createMake(stack, 'PATCH')]
  const makeRobot = async (name: string, rest: object = {}): Promise<Person> => {
    const permissions = [{ repositories: '**', actions: ['pull', 'push'] }]
    return toPerson(await post('/projects/acme/robots', { name, permissions, ...rest }))
  }
  const makeToken = (name: string, rest: object = {}) =>
    post('/me/tokens', { name, ...rest }, ALICE)
  const endsAt = Date.now() + EXPIRES_AFTER_MS
  const expiredRobot = await makeRobot('old', { expiresAt: new Date(endsAt).toISOString() })
  const disabledRobot = await makeRobot('off')
  await patch('/projects/acme/robots/off', { disabled: true })
  const revoked = await makeToken('revoked')
  const { status } = await stack.api('DELETE', `/me/tokens/${revoked.id}`, { as: ALICE })
  if (status !== 204) throw new Error(`token not revoked: ${status}`)
  const narrow = { permissions: [{ repositories: 'acme/web/**', actions: ['pull', 'push'] }] }
  await post('/users', DORA)
  await patch('/users/dora', { disabled: true })
  const made = {
    token: toPerson(await makeToken('all')),
    narrowToken: toPerson(await makeToken('narrow', narrow)),
    revokedToken: toPerson(revoked),
    robot: await makeRobot('ci'),
    expiredRobot,
    disabledRobot,
    farRobot: await makeRobot('far', { networks: ['10.0.0.0/8'] }),
  }
  await sleep(Math.max(0, endsAt - Date.now()))
  return made
}

/** What `docker login` would keep in place of the password: an identity token, as the password. */
export async function mintIdentityToken({ url }: TestStack, as: Person): Promise<Person> {
  const query = 'service=registry-warden&offline_token=true&client_id=test'
  const response = await fetch(`${url}/auth/token?${query}`, {
    headers: { authorization: basic(as) },
  })
  const { refresh_token: secret } = (await response.json()) as { refresh_token: string }
  return { username: as.username, password: secret }
}

/** Ends all of a person's by the API. @returns their ids */
export async function revokeIdentityTokens(
  { api }: TestStack,
  as: Person,
): Promise<readonly number[]> {
  const { text } = await api('GET', '/me/identity-tokens', { as })
  const { items } = JSON.parse(text) as { items: readonly { id: number }[] }
  for (const { id } of items) await api('DELETE', `/me/identity-tokens/${id}`, { as })
  return items.map(({ id }) => id)
}
