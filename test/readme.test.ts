import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { ELSEWHERE, otherCommands, README } from './e2e/readme/steps.ts'
import { linesOf, readBlocks } from './support/command-blocks.ts'

test('every command of README.md is run by test/e2e/readme, or stands in a list with the reason', (t) => {
  t.deepEqual(
    otherCommands().filter((line) => ELSEWHERE[line] === undefined),
    [],
  )
  const all = readBlocks(README).flatMap(linesOf)
  t.deepEqual(
    Object.keys(ELSEWHERE).filter((line) => !all.includes(line)),
    [],
  )
})

test('what is not run there is there: scripts, benches, and steps of npm run test:compose', (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  const benches = spawnSync(process.execPath, ['dist/test/bench/run.js'], { encoding: 'utf8' })
  const [, topics = ''] = /-- ([a-z|]+) /.exec(benches.stderr) ?? []
  const guide = readBlocks('docs/install.md').flatMap(linesOf)
  const isThere = (line: string): boolean => {
    const [, script, argument] = /^npm (?:run )?(\S+)(?: -- (\S+))?$/.exec(line) ?? []
    if (script === undefined) return guide.includes(line)
    if (script === 'bench') return topics.split('|').includes(argument ?? '')
    return Object.hasOwn(scripts, script) && (argument === undefined || existsSync(argument))
  }
  t.deepEqual(
    Object.keys(ELSEWHERE).filter((line) => !isThere(line)),
    [],
  )
})
