import test from 'ava'
import { formatSize } from '../../src/cli/listing.ts'
import { printJson, printTable } from '../../src/cli/output.ts'
import { createCommandLine } from './command.ts'

for (const [sizeBytes, shown] of [
  [null, null],
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [1_500_000_000, '1.5 GB'],
] as const) {
  test(`${sizeBytes} bytes are shown as ${shown}`, (t) => {
    t.is(formatSize(sizeBytes), shown)
  })
}

const HOSTILE = 'a\u001b[2J\u009bb\u202ec'

test('R33: a table shows no character that a terminal obeys', (t) => {
  const { commandLine, stdout } = createCommandLine()
  printTable(commandLine, ['name'], [[HOSTILE]])
  t.true(stdout().includes('a?[2J?b?c'))
})

test('R33: JSON keeps such a character, as an escape', (t) => {
  const { commandLine, stdout } = createCommandLine()
  printJson(commandLine, { name: HOSTILE })
  t.is(stdout(), '{"name":"a\\u001b[2J\\u009bb\\u202ec"}\n')
  t.is(JSON.parse(stdout()).name, HOSTILE)
})
