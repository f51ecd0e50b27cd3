import { ldapVariables } from '../support/ldap-world.ts'
import { passwordOf, personDn, type Slapd, startSlapd } from '../support/slapd.ts'
import { type Figure, toFigure } from './figure.ts'
import { median } from './load.ts'
import { type ServiceWorld, startServiceWorld } from './service-world.ts'
import { basic } from './token-requests.ts'

const MANY = 300
/** People of each kind, who come for the first time one after the other. */
const PEOPLE = 40
/** Sign-ins of one person of each kind, the directory being asked each time. */
const ROUNDS = 200
const WARM_UP = 20
const GOAL = { atMost: 3 }

type Kind = 'many' | 'one'
type Nested = 'off' | 'memberof'

const nameOf = (kind: Kind, nested: Nested, number: number): string => `${kind}-${nested}-${number}`

const peopleOf = (kind: Kind): readonly string[] =>
  (['off', 'memberof'] as const).flatMap((nested) =>
    Array.from({ length: PEOPLE }, (_, number) => nameOf(kind, nested, number)),
  )

async function fill(slapd: Slapd): Promise<void> {
  for (const name of [...peopleOf('many'), ...peopleOf('one')]) await slapd.addPerson(name)
  await slapd.addGroup('the-one', peopleOf('one').map(personDn))
  const all = peopleOf('many').map(personDn)
  for (let number = 0; number < MANY; number++) await slapd.addGroup(`many-${number}`, all)
}

/** @returns how long a whole sign-in took, in milliseconds */
async function signIn({ wardenUrl }: ServiceWorld, name: string): Promise<number> {
  const headers = { authorization: basic(name, passwordOf(name)) }
  const startedAtMs = performance.now()
  const response = await fetch(`${wardenUrl}/api/v1/me`, { headers })
  const text = await response.text()
  const tookMs = performance.now() - startedAtMs
  if (response.status === 200) return tookMs
  throw new Error(`${name}: ${response.status} ${text}`)
}

interface Pair {
  readonly many: number
  readonly one: number
}

/** Both kinds in turn, so that whatever slows the machine slows both. */
async function signInPairs(
  world: ServiceWorld,
  count: number,
  namesOf: (number: number) => Readonly<Record<Kind, string>>,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  for (let number = 0; number < count; number++) {
    const { many, one } = namesOf(number)
    pairs.push({ one: await signIn(world, one), many: await signIn(world, many) })
  }
  return pairs
}

function compare(what: string, pairs: readonly Pair[]): Figure {
  const value = median(pairs.map(({ many }) => many))
  const reference = median(pairs.map(({ one }) => one))
  return toFigure({ what, value, unit: 'ms', against: 'the same with one group', reference }, GOAL)
}

async function measure(slapd: Slapd, nested: Nested): Promise<readonly Figure[]> {
  const world = await startServiceWorld({
    ...ldapVariables(slapd),
    WARDEN_LDAP_NESTED_GROUPS: nested,
    WARDEN_LDAP_CACHE_SECONDS: '0',
    WARDEN_API_RATE: '0',
  })
  try {
    const newcomers = await signInPairs(world, PEOPLE, (number) => ({
      many: nameOf('many', nested, number),
      one: nameOf('one', nested, number),
    }))
    slapd.asked()
    const again = await signInPairs(world, WARM_UP + ROUNDS, () => ({
      many: nameOf('many', nested, 0),
      one: nameOf('one', nested, 0),
    }))
    const binds = slapd.asked().filter((line) => line.includes('dn="uid=')).length
    if (binds < again.length * 2) throw new Error(`the directory was asked ${binds} times only`)
    const how = nested === 'off' ? 'one search for groups' : 'memberOf'
    // The first of all makes the groups as well.
    return [
      compare(`sign-in with ${MANY} groups, ${how}`, again.slice(WARM_UP)),
      compare(`first sign-in ever with ${MANY} groups, ${how}`, newcomers.slice(1)),
    ]
  } finally {
    await world.stop()
  }
}

/** Measures what groups cost who signs in by a directory that is asked each time. */
export async function benchLdap(tell: (line: string) => void): Promise<readonly Figure[]> {
  tell(`starting a directory with ${MANY} groups …`)
  const slapd = await startSlapd()
  try {
    await fill(slapd)
    const figures: Figure[] = []
    for (const nested of ['off', 'memberof'] as const) {
      tell(`groups: ${nested}`)
      figures.push(...(await measure(slapd, nested)))
    }
    return figures
  } finally {
    await slapd.stop()
  }
}
