import { readFileSync } from 'node:fs'
import { assert } from './clients.ts'
import type { Project } from './project.ts'
import type { Scene } from './show-clients.ts'

const RUNNING = ['mysql', 'warden', 'registry', 'collector', 'nginx'] as const

/** What each part needs of a root's rights, because its entry point does; the others need none. */
const CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  mysql: ['CHOWN', 'DAC_OVERRIDE', 'SETGID', 'SETUID'],
  nginx: ['CHOWN', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'],
}

interface Inspected {
  readonly State: { readonly Pid: number }
  readonly Config: { readonly User: string }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly Privileged: boolean
    readonly CapAdd: readonly string[] | null
    readonly CapDrop: readonly string[] | null
    readonly SecurityOpt: readonly string[] | null
  }
  readonly Mounts: readonly {
    readonly Destination: string
    readonly Name?: string
    readonly RW: boolean
  }[]
}

export async function inspect({ engine, project }: Scene, service: string): Promise<Inspected> {
  const text = await engine.must('inspect', await project.idOf(service))
  return (JSON.parse(text) as [Inspected])[0]
}

const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''

/** Of the small init that the engine puts before a process. */
const childrenOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

async function showService(scene: Scene): Promise<void> {
  const { project, record } = scene
  await record.show('warden: no root, no capability, read-only, no new privileges', async () => {
    const { Config, HostConfig } = await inspect(scene, 'warden')
    assert(Config.User === '10001:10001', `user ${Config.User}`)
    assert(HostConfig.ReadonlyRootfs, 'its root can be written to')
    assert(isSame(HostConfig.CapDrop, ['ALL']) && !HostConfig.CapAdd, 'capabilities')
    assert(isSame(HostConfig.SecurityOpt, ['no-new-privileges:true']), 'privileges')
    return 'docker inspect'
  })
  await record.show('warden: the same by what the kernel says of its process', async () => {
    const { State } = await inspect(scene, 'warden')
    const [child = ''] = childrenOf(State.Pid)
    const value = (name: string) => statusOf(Number(child), name)
    assert(value('Uid') === '10001\t10001\t10001\t10001', `Uid ${value('Uid')}`)
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      assert(value(set) === '0000000000000000', `${set} ${value(set)}`)
    }
    assert(value('NoNewPrivs') === '1', 'NoNewPrivs')
    const { code, output } = await project.compose('exec', '-T', 'warden', 'touch', '/app/x')
    assert(code !== 0 && /Read-only file system/.test(output), `it wrote to its root: ${output}`)
    return 'Uid, Cap*, NoNewPrivs; a file in /app is refused'
  })
}

/** The process of a server, not the one of its entry point. */
const serverUid = (project: Project, service: string, program: string): Promise<string> =>
  project.exec(
    service,
    'sh',
    '-c',
    `for p in /proc/[0-9]*; do read -r name < $p/comm && [ "$name" = ${program} ] && grep ^Uid: $p/status; done | sort -u`,
  )

async function showOthers(scene: Scene): Promise<void> {
  const { record, project } = scene
  await record.show('capabilities are named, for entry points that need them', async () => {
    for (const service of RUNNING) {
      const { HostConfig, State } = await inspect(scene, service)
      const wanted = CAPABILITIES[service] ?? []
      const given = (HostConfig.CapAdd ?? []).map((name) => name.replace(/^CAP_/, ''))
      assert(isSame(given.toSorted(), wanted), `${service} has ${given.join(' ')}`)
      assert(isSame(HostConfig.CapDrop, ['ALL']) && !HostConfig.Privileged, service)
      assert(statusOf(State.Pid, 'NoNewPrivs') === '1', `${service}: new privileges`)
      const isWritable = service === 'mysql'
      assert(HostConfig.ReadonlyRootfs !== isWritable, `${service}: root of its files`)
    }
    return Object.entries(CAPABILITIES)
      .map(([name, list]) => `${name}: ${list.join(' ')}`)
      .join('\n')
  })
  await record.show('mysqld and the workers of nginx are not root', async () => {
    const mysql = await serverUid(project, 'mysql', 'mysqld')
    assert(/^Uid:\s+[1-9]/.test(mysql), `mysqld: ${mysql}`)
    const nginx = await serverUid(project, 'nginx', 'nginx')
    assert(/^Uid:\s+[1-9]/m.test(nginx), `nginx: ${nginx}`)
    return undefined
  })
  await record.show('R27: nobody has the socket of the engine', async () => {
    for (const service of RUNNING) {
      const { Mounts } = await inspect(scene, service)
      assert(!Mounts.some(({ Destination }) => /\.sock$/.test(Destination)), service)
    }
    return undefined
  })
}

/** What a container mounts of the volumes that hold keys and secrets. */
async function showMounts(scene: Scene): Promise<void> {
  const { record, project } = scene
  const holders = async (volume: string): Promise<string> => {
    const held: string[] = []
    for (const service of RUNNING) {
      const { Mounts } = await inspect(scene, service)
      const mount = Mounts.find(({ Name }) => Name === `${project.name}_${volume}`)
      if (mount) held.push(`${service}${mount.RW ? '' : ' (read-only)'}`)
    }
    return held.join(', ')
  }
  await record.show('R1: each process mounts its own files alone', async () => {
    const wanted = {
      'token-ca': 'warden',
      bundle: 'warden (read-only), registry (read-only)',
      tls: 'nginx (read-only)',
      'tls-authority': '',
      'mysql-secrets': 'mysql (read-only)',
      'warden-secrets': 'warden (read-only)',
      'collector-secrets': 'collector (read-only)',
      'registry-config': 'registry (read-only), collector (read-only)',
      'registry-data': 'registry, collector',
    }
    for (const [volume, who] of Object.entries(wanted)) {
      const found = await holders(volume)
      assert(found === who, `${volume}: ${found}`)
    }
    return 'docker inspect'
  })
}

export async function showIsolation(scene: Scene): Promise<void> {
  await showService(scene)
  await showOthers(scene)
  await showMounts(scene)
}
