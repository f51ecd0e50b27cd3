import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { ProgramResult } from '../../src/stack/run-program.ts'
import { basic, type Credentials } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Engine } from './engine.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface Ask {
  readonly as?: Credentials
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Of this machine, to be another client. */
  readonly from?: string
}

/** What was brought up in a clone: the files of its compose/ with these overlays. */
export interface Project {
  readonly name: string
  readonly host: string
  readonly caPath: string
  readonly compose: (...args: readonly string[]) => Promise<ProgramResult>
  /** The same; what it does not do is thrown. @returns stdout */
  readonly must: (...args: readonly string[]) => Promise<string>
  readonly up: () => Promise<void>
  readonly idOf: (service: string) => Promise<string>
  readonly exec: (service: string, ...command: readonly string[]) => Promise<string>
  readonly send: (method: string, path: string, ask?: Ask) => Promise<Answer>
  /** A call of the API by the administrator; what is no success is thrown. */
  readonly api: (method: string, path: string, json?: unknown) => Promise<never>
  readonly admin: () => Promise<Credentials>
}

export interface ProjectInput {
  readonly engine: Engine
  /** Top folder of the clone. */
  readonly root: string
  readonly host: string
  /** Overlays, in this order. */
  readonly overlays?: readonly string[]
}

/** That of the files. */
const NAME = 'registry-warden'
const PORT = 443

const ADMIN_PASSWORD = '/etc/registry-warden/secrets/admin-password'
const ANSWER_TIMEOUT_MS = 120_000

function sendTo(
  target: { readonly host: string; readonly port: number; readonly ca: string },
  method: string,
  path: string,
  { as, json, headers = {}, from }: Ask,
): Promise<Answer> {
  const body = json === undefined ? '' : JSON.stringify(json)
  return new Promise((done, fail) => {
    const asked = request(
      {
        ...target,
        method,
        path,
        agent: false,
        // Not what a header says of the host.
        servername: target.host,
        localAddress: from,
        timeout: ANSWER_TIMEOUT_MS,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(as && { authorization: basic(as) }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', fail)
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, text, headers: response.headers }),
        )
      },
    )
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)))
    asked.on('error', fail)
    asked.end(body)
  })
}

type Caller = (...args: readonly string[]) => Promise<ProgramResult>

const orThrow =
  (call: Caller) =>
  async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, output } = await call(...args)
    if (code === 0) return stdout
    throw new Error(`docker compose ${args.join(' ')}: ${output.split('\n').slice(-12).join('\n')}`)
  }

function composeOf({ engine, root, overlays = [] }: ProjectInput): Caller {
  const files = ['docker-compose.yml', ...overlays]
  const chosen = files.flatMap((file) => ['--file', join(root, 'compose', file)])
  return (...args) => engine.docker(['compose', ...chosen, ...args])
}

export function openProject(input: ProjectInput): Project {
  const { root, host } = input
  const compose = composeOf(input)
  const must = orThrow(compose)
  const caPath = join(root, 'ca.crt')
  const exec: Project['exec'] = (service, ...command) => must('exec', '-T', service, ...command)
  const send: Project['send'] = (method, path, ask = {}) =>
    sendTo({ host, port: PORT, ca: readFileSync(caPath, 'utf8') }, method, path, ask)
  const admin = async () => ({
    username: 'admin',
    password: await exec('warden', 'cat', ADMIN_PASSWORD),
  })
  const api: Project['api'] = async (method, path, json) => {
    const { status, text } = await send(method, `/api/v1${path}`, { as: await admin(), json })
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as never
  }
  const up = async (): Promise<void> => {
    const { code, output } = await compose(
      'up',
      '--build',
      '--detach',
      '--wait',
      '--wait-timeout',
      '400',
    )
    if (code !== 0) throw new Error(output.split('\n').slice(-20).join('\n'))
  }
  const idOf = async (service: string) =>
    (await must('ps', '--all', '--quiet', service)).split('\n')[0] ?? ''
  return { name: NAME, host, caPath, compose, must, up, idOf, exec, send, api, admin }
}

/** Of the certificate that setup made. */
export const fetchAuthority = ({ must, caPath }: Project): Promise<string> =>
  must('cp', 'nginx:/etc/nginx/tls/ca.crt', caPath)

/** Until the registry and the service answer through nginx. */
export const waitUntilServing = (project: Project): Promise<unknown> =>
  waitFor(
    async () => {
      const [registry, service] = await Promise.all(
        ['/v2/', '/readyz'].map((path) => project.send('GET', path).catch(() => undefined)),
      )
      return registry?.status === 401 && service?.status === 200
    },
    { mostMs: 240_000, what: 'an installation that serves' },
  )
