import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'ldapts'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort, LOOPBACK } from '../../src/stack/ports.ts'

export const BASE = 'dc=example,dc=org'
export const PEOPLE = `ou=people,${BASE}`
export const GROUPS = `ou=groups,${BASE}`
/** The account that the service searches with. */
export const SERVICE = { dn: `cn=warden,${BASE}`, password: 'service-secret-of-slapd' }
const ROOT = { dn: `cn=root,${BASE}`, password: 'root-secret-of-slapd' }

const SCHEMA = '/etc/ldap/schema'
const MODULES = '/usr/lib/ldap'

export type Attributes = Readonly<Record<string, string | readonly string[]>>

export interface Slapd {
  /** Plain, for StartTLS or none. */
  readonly url: string
  readonly port: number
  readonly tlsUrl: string
  /** Authority of its certificate, as PEM. */
  readonly ca: string
  readonly add: (dn: string, attributes: Attributes) => Promise<void>
  readonly remove: (dn: string) => Promise<void>
  readonly replace: (dn: string, attributes: Attributes) => Promise<void>
  /** Makes a person beneath `PEOPLE`. @returns the DN */
  readonly addPerson: (uid: string, more?: Attributes) => Promise<string>
  /** Makes a group beneath `GROUPS`. @returns the DN */
  readonly addGroup: (cn: string, members: readonly string[]) => Promise<string>
  /** What it was asked since the last call, a line each: `BIND dn="…"`, `SRCH base="…" … filter="…"`. */
  readonly asked: () => readonly string[]
  /** Lets it answer nothing while connections are still taken, until it is resumed. */
  readonly freeze: () => void
  readonly resume: () => void
  /** Ends the process; `start` brings it back on the same ports. */
  readonly halt: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

export const passwordOf = (uid: string): string => `ldap-harbour-${uid}-93`
export const personDn = (uid: string): string => `uid=${uid},${PEOPLE}`
export const groupDn = (cn: string): string => `cn=${cn},${GROUPS}`

/** `memberOf` is worked out by the overlay `dynlist`, groups in groups included. */
const configuration = (dir: string): string => `
include ${SCHEMA}/core.schema
include ${SCHEMA}/cosine.schema
include ${SCHEMA}/inetorgperson.schema
include ${SCHEMA}/dyngroup.schema
modulepath ${MODULES}
moduleload back_mdb
moduleload dynlist
pidfile ${dir}/slapd.pid
TLSCACertificateFile ${dir}/tls/ca.crt
TLSCertificateFile ${dir}/tls/server.crt
TLSCertificateKeyFile ${dir}/tls/server.key
TLSVerifyClient never
database mdb
suffix "${BASE}"
rootdn "${ROOT.dn}"
rootpw ${ROOT.password}
directory ${dir}/data
dbnosync
index objectClass,uid,cn,member,entryUUID eq
sizelimit 500
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${SERVICE.dn}" read by * none
overlay dynlist
dynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames*
`

const SEED = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ${SERVICE.dn}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: warden
userPassword: ${SERVICE.password}

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ${GROUPS}
objectClass: organizationalUnit
ou: groups
`

interface Place {
  readonly dir: string
  readonly port: number
  readonly tlsPort: number
}

async function prepare(dir: string): Promise<void> {
  mkdirSync(join(dir, 'data'))
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir))
  writeFileSync(join(dir, 'seed.ldif'), SEED)
  const folders = { authorityDir: join(dir, 'tls-authority'), serverDir: join(dir, 'tls') }
  await ensureTlsServer(folders, { hosts: ['localhost', LOOPBACK], now: new Date() })
  execFileSync(
    requireCommand('slapadd', process.env),
    ['-q', '-f', join(dir, 'slapd.conf'), '-l', join(dir, 'seed.ldif')],
    { env: plainEnvironment(process.env) },
  )
}

async function asRoot<T>(port: number, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ url: `ldap://${LOOPBACK}:${port}`, timeout: 10_000 })
  try {
    await client.bind(ROOT.dn, ROOT.password)
    return await work(client)
  } finally {
    await client.unbind().catch(() => undefined)
  }
}

const launch = ({ dir, port, tlsPort }: Place): Promise<Part> =>
  startPart({
    name: 'slapd',
    command: requireCommand('slapd', process.env),
    args: [
      '-f',
      join(dir, 'slapd.conf'),
      '-h',
      `ldap://${LOOPBACK}:${port}/ ldaps://${LOOPBACK}:${tlsPort}/`,
      '-d',
      'stats',
    ],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'slapd.log'),
    isReady: () => asRoot(port, async () => true).catch(() => false),
    readyTimeoutMs: 15_000,
  })

/** Lines of its log that tell of a request by somebody else than the tests. */
function createAsked(logPath: string): Slapd['asked'] {
  let from = 0
  return () => {
    const text = readFileSync(logPath, 'utf8')
    const lines = text.slice(from).split('\n')
    from = text.length
    const ofRoot = new Set(
      [...text.matchAll(/ (conn=\d+) op=\d+ BIND dn="cn=root,/g)].map(([, conn]) => conn),
    )
    return lines.flatMap((line) => {
      const [, conn, what] =
        / (conn=\d+) op=\d+ ((?:BIND dn="[^"]*" method=|SRCH base).*)/.exec(line) ?? []
      return what === undefined || ofRoot.has(conn) ? [] : [what]
    })
  }
}

const entryOf = (attributes: Attributes): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  )

function createEdits(port: number) {
  const add: Slapd['add'] = (dn, attributes) =>
    asRoot(port, (client) => client.add(dn, entryOf(attributes)))
  const remove: Slapd['remove'] = (dn) => asRoot(port, (client) => client.del(dn))
  const replace: Slapd['replace'] = async (dn, attributes) => {
    const { Attribute, Change } = await import('ldapts')
    const changes = Object.entries(attributes).map(
      ([type, value]) =>
        new Change({
          operation: 'replace',
          modification: new Attribute({
            type,
            values: typeof value === 'string' ? [value] : [...value],
          }),
        }),
    )
    await asRoot(port, (client) => client.modify(dn, changes))
  }
  const addPerson: Slapd['addPerson'] = async (uid, more = {}) => {
    const dn = personDn(uid)
    await add(dn, {
      objectClass: 'inetOrgPerson',
      uid,
      cn: uid,
      sn: uid,
      mail: `${uid}@example.org`,
      userPassword: passwordOf(uid),
      ...more,
    })
    return dn
  }
  const addGroup: Slapd['addGroup'] = async (cn, member) => {
    await add(groupDn(cn), { objectClass: 'groupOfNames', cn, member })
    return groupDn(cn)
  }
  return { add, remove, replace, addPerson, addGroup }
}

/** Starts an OpenLDAP server of our own with TLS, two branches and nobody in them. */
export async function startSlapd(): Promise<Slapd> {
  const dir = mkdtempSync(join(tmpdir(), 'warden-slapd-'))
  await prepare(dir)
  const place = { dir, port: await findFreePort(), tlsPort: await findFreePort() }
  let part: Part | undefined = await launch(place)
  const signal = (name: NodeJS.Signals): void => {
    if (part !== undefined) process.kill(part.pid, name)
  }
  const halt = async (): Promise<void> => {
    signal('SIGCONT')
    await part?.stop()
    part = undefined
  }
  return {
    url: `ldap://${LOOPBACK}:${place.port}`,
    port: place.port,
    tlsUrl: `ldaps://${LOOPBACK}:${place.tlsPort}`,
    ca: readFileSync(join(dir, 'tls', 'ca.crt'), 'utf8'),
    ...createEdits(place.port),
    asked: createAsked(join(dir, 'slapd.log')),
    freeze: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    halt,
    start: async () => {
      part ??= await launch(place)
    },
    stop: async () => {
      await halt()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
