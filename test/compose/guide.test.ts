import test from 'ava'
import { GUIDE, STEPS } from '../deployment/guide.ts'
import { readBlocks } from '../support/command-blocks.ts'
import { runCommand } from '../support/run-command.ts'

test('every command block of docs/install.md is a step of npm run test:compose', (t) => {
  t.deepEqual(
    readBlocks(GUIDE).map(({ section, number }) => [section, number]),
    Object.values(STEPS).map((step) => [...step]),
  )
})

for (const { section, number, commands } of readBlocks(GUIDE)) {
  test(`bash can read block ${number} below "${section}" of docs/install.md`, async (t) => {
    const { code, output } = await runCommand('bash', ['-n', '-c', commands])
    t.is(code, 0, output)
  })
}
