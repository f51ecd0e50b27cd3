import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTar } from '../support/layered-image.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import type { Credentials } from '../support/service.ts'
import type { Engine } from './engine.ts'

const tail = (text: string): string => text.trim().split('\n').slice(-4).join('\n')

export function assert(isTrue: boolean, said: string): asserts isTrue {
  if (!isTrue) throw new Error(said)
}

/** A registry as the clients of this machine see it. */
export interface Clients {
  readonly login: (as: Credentials) => Promise<CommandResult>
  /** Makes an image of that text and pushes it. @returns what docker said, and how it ended */
  readonly push: (name: string, text: string) => Promise<CommandResult>
  /** Pulls it, having thrown away what was here. */
  readonly pull: (name: string) => Promise<CommandResult>
  readonly skopeo: (...args: readonly string[]) => Promise<CommandResult>
  readonly podman: (...args: readonly string[]) => Promise<CommandResult>
}

export async function mustEnd(result: Promise<CommandResult>, code = 0): Promise<string> {
  const { code: ended, output } = await result
  assert(ended === code, `ended with ${ended}: ${tail(output)}`)
  return output
}

export function openClients(engine: Engine, host: string, dir: string): Clients {
  const env = { ...engine.environment, HOME: dir }
  const docker = (args: readonly string[], input = '') => runCommand('docker', args, { env, input })
  mkdirSync(dir, { recursive: true })
  const store = [
    '--root',
    join(dir, 'store'),
    '--runroot',
    join(dir, 'podman'),
    '--storage-driver',
    'vfs',
  ]
  return {
    login: ({ username, password }) =>
      docker(['login', host, '--username', username, '--password-stdin'], password),
    push: async (name, text) => {
      const path = join(dir, 'image.tar')
      writeFileSync(path, makeTar('hello.txt', text))
      await mustEnd(docker(['import', path, `${host}/${name}`]))
      return docker(['push', `${host}/${name}`])
    },
    pull: async (name) => {
      await docker(['image', 'rm', '--force', `${host}/${name}`])
      return docker(['pull', `${host}/${name}`])
    },
    skopeo: (...args) => runCommand('skopeo', args, { env }),
    podman: (...args) => runCommand('podman', [...store, ...args], { env }),
  }
}

/** What docs/clients.md says: the authority goes where clients look for it. */
export function trust(kind: 'docker' | 'containers', host: string, caPath: string): void {
  const dir = join('/etc', kind, 'certs.d', host)
  mkdirSync(dir, { recursive: true })
  cpSync(caPath, join(dir, 'ca.crt'))
}
