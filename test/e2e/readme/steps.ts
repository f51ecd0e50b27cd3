import { type CommandBlock, linesOf, readBlocks } from '../../support/command-blocks.ts'

export const README = 'README.md'
const PUSH = 'From there to `docker push`'

/** Blocks that are run, by the heading above them and their number below it. */
export const STEPS = {
  start: ['Quick start', 1],
  login: [PUSH, 1],
  people: [PUSH, 2],
  curl: [PUSH, 3],
  push: [PUSH, 4],
  second: [PUSH, 5],
  deletion: [PUSH, 6],
  background: [PUSH, 7],
  trust: [PUSH, 8],
  doctor: ['The command line', 1],
} as const
export type Step = keyof typeof STEPS

/** Commands that are not run here, with the reason. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm test': 'this is it',
  'npm test -- test/api': 'a part of it',
  'npm run bench -- tokens': 'minutes of load',
  'npm run bench -- index': 'minutes of load',
  'npm run bench -- intake': 'minutes of load',
  'npm run bench -- registry': 'a minute of load',
  'npm run bench -- ldap': 'half a minute of load',
  'npm run bench -- costs': 'minutes of load',
  'npm run test:faults': 'a quarter of an hour',
  'npm run test:compose': 'many minutes',
  'npm run test:galera': 'many minutes',
  'npm run test:mysql': 'many minutes',
  'cp compose/.env.example compose/.env': 'npm run test:compose runs it',
  'docker compose -f compose/docker-compose.yml up --build --detach --wait':
    'npm run test:compose runs it',
  'docker compose -f compose/docker-compose.yml exec warden cat /etc/registry-warden/secrets/admin-password':
    'npm run test:compose runs it',
}

const isOf =
  (step: Step) =>
  ({ section, number }: CommandBlock): boolean =>
    section === STEPS[step][0] && number === STEPS[step][1]

/** The commands of a step that are run, as the README has them. */
export function commandsOf(step: Step): readonly string[] {
  const block = readBlocks(README).find(isOf(step))
  if (block === undefined) throw new Error(`${README} has no block ${STEPS[step].join(' ')}`)
  return linesOf(block).filter((line) => ELSEWHERE[line] === undefined)
}

/** Commands of blocks that are no step. */
export const otherCommands = (): readonly string[] =>
  readBlocks(README)
    .filter((block) => !Object.keys(STEPS).some((step) => isOf(step as Step)(block)))
    .flatMap(linesOf)
