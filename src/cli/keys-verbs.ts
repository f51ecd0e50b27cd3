import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { findInstallation, raiseLeafEpoch } from '../database/installation.ts'
import { listReplicas, type Replica } from '../database/replicas.ts'
import { readAuthority, readBundle } from '../signing/token-authority.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { type Host, withHost } from './host.ts'
import { printJson, printTable, say } from './output.ts'
import { addRotateVerb } from './rotate-verb.ts'

const WAIT_MS = 15_000
const LOOK_EVERY_MS = 250

interface Keys {
  readonly authority: {
    readonly fingerprint: string
    readonly notBefore: string
    readonly notAfter: string
    readonly path: string
  }
  readonly bundle: { readonly path: string; readonly holdsAuthority: boolean }
  readonly leafEpoch: number
  readonly leaves: readonly Replica[]
}

async function readKeys({ config, database }: Host): Promise<Keys> {
  const installation = await findInstallation(database)
  const authority = await readAuthority(config.certs.authorityPath)
  if (installation === undefined || authority === undefined) {
    throw new CommandError('there is no installation yet; start one with: warden serve')
  }
  const inBundle = await readBundle(config.certs)
  return {
    authority: {
      fingerprint: authority.fingerprint,
      notBefore: new Date(authority.certificate.validFrom).toISOString(),
      notAfter: new Date(authority.certificate.validTo).toISOString(),
      path: config.certs.authorityPath,
    },
    bundle: {
      path: config.certs.bundlePath,
      holdsAuthority: inBundle.includes(authority.fingerprint),
    },
    leafEpoch: installation.leafEpoch,
    leaves: await listReplicas(database),
  }
}

function printKeys(commandLine: CommandLine, keys: Keys): void {
  const { authority, bundle } = keys
  printTable(
    commandLine,
    ['key', 'SHA-256', 'from', 'until', 'where'],
    [
      ['authority', authority.fingerprint, authority.notBefore, authority.notAfter, authority.path],
      ...keys.leaves.map((leaf) => [
        'leaf',
        leaf.leafFingerprint,
        leaf.leafNotBefore.toISOString(),
        leaf.leafNotAfter.toISOString(),
        `replica ${leaf.id}`,
      ]),
    ],
  )
  if (keys.leaves.length === 0) say(commandLine, 'No process is serving now, so there is no leaf.')
  say(
    commandLine,
    bundle.holdsAuthority
      ? `The registry's bundle ${bundle.path} holds this authority.`
      : `The registry's bundle ${bundle.path} does not hold this authority: start warden serve, then restart the registry.`,
  )
}

/** Waits for every process that still speaks: one that was killed stays listed for a minute. */
async function waitForLeaves({ database }: Host, epoch: number): Promise<readonly Replica[]> {
  const seen = new Map(
    (await listReplicas(database)).map(({ id, seenAt }) => [id, seenAt.getTime()]),
  )
  const deadlineMs = performance.now() + WAIT_MS
  for (;;) {
    const behind = (await listReplicas(database)).filter(({ leafEpoch }) => leafEpoch < epoch)
    if (behind.length === 0) return []
    if (performance.now() > deadlineMs) {
      return behind.filter(({ id, seenAt }) => seenAt.getTime() !== seen.get(id))
    }
    await sleep(LOOK_EVERY_MS)
  }
}

async function renew(commandLine: CommandLine, json: boolean): Promise<void> {
  await withHost(commandLine, async (host) => {
    const { leafEpoch } = await readKeys(host)
    await raiseLeafEpoch(host.database)
    const behind = await waitForLeaves(host, leafEpoch + 1)
    const keys = await readKeys(host)
    if (json) printJson(commandLine, keys)
    else printKeys(commandLine, keys)
    if (behind.length === 0) {
      say(commandLine, 'Every process signs with a new leaf; tokens of the old ones stay good.')
      return
    }
    const ids = behind.map(({ id }) => id).join(', ')
    throw new CommandError(`these processes have not taken a new leaf yet: ${ids}`)
  })
}

/** `warden keys`, `warden keys renew` and `warden keys rotate-ca`. */
export function addKeysVerbs(program: Command, commandLine: CommandLine): void {
  const keys = program
    .command('keys')
    .description('show the keys in force: fingerprints, dates, where the bundle is')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const state = await withHost(commandLine, readKeys)
      if (json) printJson(commandLine, state)
      else printKeys(commandLine, state)
    })
  keys
    .command('renew')
    .description('give every process a new signing leaf; the registry is not touched')
    .option('--json', 'print JSON')
    .action((_options: object, command: Command) =>
      renew(commandLine, command.optsWithGlobals().json === true),
    )
  addRotateVerb(keys, commandLine)
}
