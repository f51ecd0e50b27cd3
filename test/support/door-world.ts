import { join } from 'node:path'
import { type Nginx, startNginx } from '../../src/stack/nginx.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import {
  basic,
  type Credentials,
  type Service,
  type ServiceOptions,
  startService,
} from './service.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export interface Put {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The service and its registry behind a real nginx, which sends writes through the door. */
export interface DoorWorld {
  readonly service: Service
  readonly nginx: Nginx
  /** Where tokens are fetched, and the registry through nginx. */
  readonly places: { readonly url: string; readonly registryUrl: string }
  readonly tokenFor: (as: Credentials, scope: string) => Promise<string>
  readonly send: (
    method: string,
    path: string,
    options?: {
      readonly token?: string
      readonly body?: Buffer
      readonly mediaType?: string
      readonly headers?: Readonly<Record<string, string>>
    },
  ) => Promise<Put>
  readonly stop: () => Promise<void>
}

export async function startDoorWorld(
  env: Readonly<Record<string, string>> = {},
  doorMode?: 'required' | 'off',
  more: ServiceOptions = {},
): Promise<DoorWorld> {
  const service = await startService({ ...more, env })
  const dir = makeTemporaryDir()
  const host = (url: string): string => new URL(url).host
  const nginx = await startNginx({
    env: process.env,
    dir: join(dir, 'nginx'),
    logPath: join(dir, 'nginx.log'),
    accessLogPath: join(dir, 'access.log'),
    host: '127.0.0.1',
    port: await findFreePort(),
    registry: host(service.registryUrl),
    warden: host(service.url),
    door: host(service.privateUrl),
    doorMode: doorMode ?? service.config.door,
  })
  const registryUrl = `http://127.0.0.1:${nginx.port}`
  return {
    service,
    nginx,
    places: { url: service.url, registryUrl },
    tokenFor: async (as, scope) => {
      const query = new URLSearchParams({ service: 'registry-warden', scope })
      const response = await fetch(`${service.url}/auth/token?${query}`, {
        headers: { authorization: basic(as) },
      })
      return ((await response.json()) as { readonly token: string }).token
    },
    send: async (method, path, { token, body, mediaType, headers } = {}) => {
      const response = await fetch(`${registryUrl}${path}`, {
        method,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(mediaType && { 'content-type': mediaType }),
          ...headers,
        },
        ...(body && { body: new Uint8Array(body) }),
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    stop: async () => {
      await nginx.stop()
      await service.stop()
      removeDir(dir)
    },
  }
}

/** Code and words of an OCI error. */
export function errorOf({ text }: Pick<Put, 'text'>): {
  readonly code: string
  readonly message: string
} {
  return JSON.parse(text).errors[0]
}
