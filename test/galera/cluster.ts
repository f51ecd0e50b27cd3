import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { startMariadb } from '../../src/stack/mariadb.ts'
import { GALERA_PROVIDER } from '../../src/stack/packages.ts'
import type { Part } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { makePrivateDir } from '../../src/stack/secrets.ts'
import {
  type ChooseDatabases,
  type DatabaseName,
  databaseIn,
  NODES,
  type NodeName,
} from '../faults/databases.ts'
import { WARDENS } from '../faults/parts.ts'
import { waitFor } from '../support/wait-for.ts'
import { readStatus } from './status.ts'

const SYNCED_TIMEOUT_MS = 60_000
const RECOVERY_TIMEOUT_MS = 60_000
const POSITION = /Recovered position: (\S+)\n/

/** Of a node among the nodes; its clients reach it at 127.0.0.1. */
interface Node {
  readonly name: NodeName
  readonly address: string
  readonly port: number
}

/** Addresses of the loopback that nobody else uses, so that one node can be told from another. */
const chooseSubnet = (): string => `127.${randomInt(1, 255)}.${randomInt(1, 255)}`

/** As docs/scaling.md asks for. */
function clusterArguments(node: Node, nodes: readonly Node[], isFirst: boolean): readonly string[] {
  const { address } = node
  const members = isFirst ? '' : nodes.map((member) => member.address).join(',')
  const options = {
    'gmcast.listen_addr': `tcp://${address}:4567`,
    'ist.recv_addr': `${address}:4568`,
    'gcache.size': '64M',
  }
  return [
    '--wsrep-on=ON',
    `--wsrep-provider=${GALERA_PROVIDER}`,
    '--wsrep-cluster-name=registry-warden',
    `--wsrep-cluster-address=gcomm://${members}`,
    `--wsrep-node-name=${node.name}`,
    `--wsrep-node-address=${address}`,
    `--wsrep-provider-options=${Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(';')}`,
    `--wsrep-sst-method=${COPY}`,
    `--wsrep-sst-receive-address=${address}:4444`,
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
  ]
}

/** A way to send a node all data: that by rsync, whose receiver would write as nobody where root starts it. */
const COPY = 'rsync_as_root'

/** @returns the folder of the programs */
function writeCopyPrograms(dir: string): string {
  const folder = makePrivateDir(join(dir, 'bin'))
  const write = (name: string, script: string): void =>
    writeFileSync(join(folder, name), script, { mode: 0o700 })
  const rsync = requireCommand('rsync', process.env)
  write(
    'rsync',
    `#!/bin/sh\nif [ "$1" = --daemon ]; then set -- --dparam=uid=root --dparam=gid=root "$@"; fi\nexec ${rsync} "$@"\n`,
  )
  const script = requireCommand('wsrep_sst_rsync', process.env)
  write(`wsrep_sst_${COPY}`, `#!/bin/sh\nPATH="${folder}:$PATH" exec ${script} "$@"\n`)
  return folder
}

/** How far a node had come that was killed, as `galera_recovery` of its systemd unit finds it. */
async function recoverPosition(dir: string, cluster: readonly string[]): Promise<string> {
  const args = [
    '--no-defaults',
    `--user=${userInfo().username}`,
    `--datadir=${join(dir, 'data')}`,
    '--skip-networking',
    '--socket=recover.sock',
    '--pid-file=recover.pid',
    '--wsrep-recover',
    ...cluster,
  ]
  const env = { ...plainEnvironment(process.env), TMPDIR: join(dir, 'tmp') }
  const child = spawn(requireCommand('mariadbd', process.env), args, {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RECOVERY_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
    // Now and then it does not end by itself, and takes all the memory there is.
    if (POSITION.test(said)) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const [, position] = POSITION.exec(said) ?? []
  if (position === undefined) throw new Error(`no position was recovered in ${dir}: ${said}`)
  return `--wsrep-start-position=${position}`
}

async function startNode(dir: string, node: Node, nodes: readonly Node[]): Promise<Part> {
  const place = databaseIn(dir, node.name)
  const hasRun = existsSync(join(place.dir, 'data', 'grastate.dat'))
  const isFirst = nodes.every(({ name }) => !existsSync(databaseIn(dir, name).dir))
  const cluster = clusterArguments(node, nodes, isFirst)
  const position = hasRun ? [await recoverPosition(place.dir, cluster)] : []
  const part = await startMariadb({
    ...place,
    env: { ...process.env, PATH: `${writeCopyPrograms(dir)}:${process.env.PATH}` },
    preferredPort: node.port,
    serverArguments: [...cluster, ...position],
  })
  const isSynced = async () =>
    (await readStatus(part)).get('wsrep_local_state_comment') === 'Synced'
  await waitFor(
    // While it joins, a node may close connections that it took.
    () => isSynced().catch(() => false),
    { what: `${node.name} has what the others have`, mostMs: SYNCED_TIMEOUT_MS },
  )
  return part
}

/** Three nodes, one for each warden. */
export const chooseCluster: ChooseDatabases = async (dir) => {
  const subnet = chooseSubnet()
  const nodes = await Promise.all(
    NODES.map(async (name, n) => ({
      name,
      address: `${subnet}.${n + 1}`,
      port: await findFreePort(),
    })),
  )
  const nodeOf = (name: DatabaseName): Node => {
    const node = nodes.find((one) => one.name === name)
    if (node === undefined) throw new Error(`${name} is no node`)
    return node
  }
  return {
    names: NODES,
    of: (warden) => NODES[WARDENS.indexOf(warden)] ?? NODES[0],
    portOf: (name) => nodeOf(name).port,
    innerAddressOf: (name) => nodeOf(name).address,
    start: (name) => startNode(dir, nodeOf(name), nodes),
  }
}
