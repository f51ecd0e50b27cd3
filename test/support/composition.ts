import type { ExecutionContext } from 'ava'
import { VARIABLES } from '../../src/config/variables.ts'
import {
  type ComposeMount,
  type ComposeService,
  type Composition,
  findCompose,
  renderComposition,
} from './compose-binary.ts'
import { testUnless } from './skip-aloud.ts'

type Rendered = Awaited<ReturnType<typeof renderComposition>>

const binary = await findCompose()
const declare = testUnless(binary === undefined ? 'Docker Compose cannot be fetched' : undefined)

export interface Combination {
  readonly title: string
  readonly files: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** As `docker compose` is called with the files as they are. */
export const TLS: Combination = { title: 'with TLS', files: ['docker-compose.yml'], env: {} }
export const HTTP: Combination = {
  title: 'with plain http',
  files: ['docker-compose.yml', 'http.yml'],
  env: {},
}
export const NAMED: Combination = {
  title: 'with a name and a port',
  files: ['docker-compose.yml'],
  env: { WARDEN_HOST: 'registry.example.com', WARDEN_HTTPS_PORT: '8443' },
}
/** With a value of its own for every variable of the service. */
export const TOLD: Combination = {
  title: 'with every variable',
  files: ['docker-compose.yml'],
  env: Object.fromEntries(
    Object.keys(VARIABLES).flatMap((name) => [
      [name, `told-${name}`],
      [`${name}_FILE`, `/told/${name}`],
    ]),
  ),
}
export const ALL = [TLS, HTTP, NAMED]

const overlaid = (
  title: string,
  overlay: string,
  env: Readonly<Record<string, string>> = {},
): Combination => ({ title, files: ['docker-compose.yml', overlay], env })

export const OWN_CERTIFICATE = overlaid('with a certificate of your own', 'own-certificate.yml', {
  WARDEN_TLS_DIR: '/etc/ssl/registry',
})
export const OUTER_PROXY = overlaid('behind a proxy that ends TLS', 'outer-proxy.yml', {
  WARDEN_HOST: 'registry.example.com',
})
export const REPLICAS = overlaid('with replicas', 'replicas.yml', { WARDEN_REPLICAS: '4' })
export const EXTERNAL_MYSQL = overlaid('with a MySQL outside', 'external-mysql.yml', {
  WARDEN_DB_HOST: 'db.example.com',
})
export const REGISTRY_3 = overlaid('with registry 3', 'registry-3.yml')
export const S3 = overlaid('with a bucket', 's3.yml', {
  WARDEN_S3_BUCKET: 'images',
  WARDEN_S3_ENDPOINT: 'https://minio.example.com:9000',
})
export const OVERLAID = [OWN_CERTIFICATE, OUTER_PROXY, REPLICAS, EXTERNAL_MYSQL, REGISTRY_3, S3]

const renderings = new Map<Combination, Promise<Rendered>>()

/** Each combination is rendered once. */
function rendered(combination: Combination): Promise<Rendered> {
  const { files, env } = combination
  const rendering = renderings.get(combination) ?? renderComposition(binary ?? '', files, env)
  renderings.set(combination, rendering)
  return rendering
}

/** Declares one test for each combination. */
export function check(
  title: string,
  combinations: readonly Combination[],
  body: (t: ExecutionContext, composition: Composition) => void,
): void {
  for (const combination of combinations) {
    declare(`${combination.title}: ${title}`, async (t) => {
      const { composition, warnings } = await rendered(combination)
      t.is(warnings, '')
      body(t, composition)
    })
  }
}

export const serviceOf = ({ services }: Composition, name: string): ComposeService => {
  const service = services[name]
  if (service === undefined) throw new Error(`there is no service ${name}`)
  return service
}

/** Who mounts a volume, and how. */
export const mountsOf = ({ services }: Composition, source: string): Record<string, ComposeMount> =>
  Object.fromEntries(
    Object.entries(services).flatMap(([name, { volumes = [] }]) =>
      volumes.filter((mount) => mount.source === source).map((mount) => [name, mount]),
    ),
  )
