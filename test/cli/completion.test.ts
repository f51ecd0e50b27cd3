import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { warden } from './command.ts'

const run = promisify(execFile)

const scriptFor = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await warden(['completion', shell])
  if (code !== 0) throw new Error(stderr)
  return stdout
}

/** What stands in for the shell's own work at the TAB key: the words typed, then their completion. */
const SHELLS = {
  bash: {
    flags: ['--norc', '--noprofile'],
    // Bash takes words apart at `=`, too.
    drive: `eval "$1"; shift
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _warden; printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    flags: ['-f'],
    drive: `compdef() { : }; _files() { print FILES }; compset() { : }
      compadd() {
        shift
        local prefix="\${words[CURRENT]#*=}" word found=1
        for word in "$@"; do [[ $word == $prefix* ]] && { print -r -- $word; found=0 }; done
        return $found
      }
      eval "$1"; shift; words=("$@"); CURRENT=$#; _warden`,
  },
} as const

/** Completions of the last of the words, each once, in the order of their names. */
async function complete(
  shell: keyof typeof SHELLS,
  ...typed: readonly string[]
): Promise<readonly string[]> {
  const { flags, drive } = SHELLS[shell]
  const script = await scriptFor(shell)
  const { stdout } = await run(shell, [...flags, '-c', drive, shell, script, 'warden', ...typed])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

for (const shell of ['bash', 'zsh'] as const) {
  const declare = testUnless(findObstacle([shell], { asRoot: false }))

  declare(`${shell} completes verbs, and verbs below them`, async (t) => {
    t.deepEqual(await complete(shell, 'us'), ['user'])
    t.deepEqual(await complete(shell, 'project', ''), [
      'create',
      'delete',
      'help',
      'immutable-tags',
      'list',
      'quota',
      'retention',
      'set',
      'show',
    ])
    t.deepEqual(await complete(shell, 'robot', 's'), ['show'])
  })

  declare(`${shell} completes options, also where no verb can follow`, async (t) => {
    t.deepEqual(await complete(shell, 'project', 'delete', 'demo', '--'), [
      '--force',
      '--help',
      '--json',
      '--yes',
    ])
    t.deepEqual(await complete(shell, 'user', 'list', ''), [
      '--help',
      '--json',
      '--limit',
      '--search',
      '-h',
    ])
  })

  declare(`${shell} completes the choices of an option, and goes on after its value`, async (t) => {
    t.deepEqual(await complete(shell, 'member', 'set', 'demo', 'ann', '--role', ''), [
      'developer',
      'guest',
      'limitedGuest',
      'maintainer',
      'projectAdmin',
    ])
    t.deepEqual(await complete(shell, 'member', 'set', 'demo', 'ann', '--role', 'd'), ['developer'])
    t.deepEqual(await complete(shell, 'member', 'set', '--role', 'guest', 'demo', '--exp'), [
      '--expires-at',
    ])
  })

  declare(`${shell} completes the choices of an argument`, async (t) => {
    t.deepEqual(await complete(shell, 'completion', ''), ['bash', 'zsh'])
    t.deepEqual(await complete(shell, 'completion', 'z'), ['zsh'])
  })

  declare(`${shell} completes nothing of ours where anything may stand`, async (t) => {
    const files = shell === 'zsh' ? ['FILES'] : []
    t.deepEqual(await complete(shell, 'user', 'list', '--limit', ''), files)
    t.deepEqual(await complete(shell, 'htpasswd', 'import', 'passwords'), files)
  })

  declare(`${shell} takes a value behind an equals sign`, async (t) => {
    const words = shell === 'bash' ? ['--visibility', '=', 'pub'] : ['--visibility=pub']
    t.deepEqual(await complete(shell, 'project', 'set', 'demo', ...words), ['public'])
  })
}

test('bash knows what to do for warden', async (t) => {
  const script = await scriptFor('bash')
  const { stdout } = await run('bash', [
    '--norc',
    '-c',
    `eval "$1"; complete -p warden`,
    'x',
    script,
  ])
  t.is(stdout, 'complete -o default -F _warden warden\n')
})

test('a shell that is not known is wrong use', async (t) => {
  const { code, stderr } = await warden(['completion', 'fish'])
  t.is(code, 2)
  t.regex(stderr, /Allowed choices are bash, zsh/)
})
