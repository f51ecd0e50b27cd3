import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readBlocks } from '../support/command-blocks.ts'

export const GUIDE = 'docs/install.md'

/** Its command blocks, by the heading above them and their number below it. */
export const STEPS = {
  up: ['With Docker Compose', 1],
  trust: ['With Docker Compose', 2],
  signIn: ['With Docker Compose', 3],
  begin: ['With Docker Compose', 4],
  lookOver: ['With Docker Compose', 5],
  overlay: ['Overlays', 1],
  ownCertificate: ['A certificate of your own', 1],
  outside: ['A proxy in front that ends TLS', 1],
  replicas: ['Several processes', 1],
  ownMysqlAuthority: ['A MySQL of your own', 1],
  ownMysql: ['A MySQL of your own', 2],
  bucket: ['Images in a bucket', 1],
} as const
export type Step = keyof typeof STEPS

/** The commands of a step as the guide has them. */
export function commandsOf(step: Step): string {
  const [section, number] = STEPS[step]
  const block = readBlocks(GUIDE).find((one) => one.section === section && one.number === number)
  if (block === undefined) throw new Error(`${GUIDE} has no block ${number} below "${section}"`)
  return block.commands
}

/** The server block of nginx that the guide gives. */
export function outerServer(): string {
  const text = readFileSync(resolve(GUIDE), 'utf8')
  const [, block] = /^```nginx\n(server \{[\s\S]*?\n\})\n```$/m.exec(text) ?? []
  if (block === undefined) throw new Error(`${GUIDE} has no server block for nginx`)
  return block
}
