import test from 'ava'
import { type CommandInput, warden } from './command.ts'

const OFFLINE: CommandInput = {
  env: { WARDEN_URL: 'http://127.0.0.1:9', WARDEN_USERNAME: 'ann', WARDEN_PASSWORD: 'x' },
}

for (const [outcome, args, sentence] of [
  ['a verb that is not there', ['user', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
  ['an option that is not there', ['user', 'list', '--jsn'], /unknown option '--jsn'\n\(Did you/],
  ['a group alone', ['tag'], /delete \[options\] <repository> \[tag\]/],
  ['a missing name', ['user', 'create'], /missing required argument 'name'/],
  ['a missing role', ['member', 'set', 'acme', 'ann'], /'--role <role>' not specified/],
  [
    'a role that is not there',
    ['member', 'set', 'acme', 'ann', '--role', 'owner'],
    /Allowed choices are projectAdmin, maintainer, developer, guest, limitedGuest/,
  ],
  [
    'an end without a zone',
    ['member', 'set', 'acme', 'ann', '--role', 'guest', '--expires-at', '2030-01-01'],
    /must be a time with its zone, such as 2030-12-31T23:59:59Z/,
  ],
  ['a limit of nothing', ['user', 'list', '--limit', '0'], /must be a whole number from 1/],
  [
    'a delete that nobody can be asked about',
    ['tag', 'delete', 'acme/app', '1'],
    /there is no terminal to ask whether you are sure; add --yes/,
  ],
  [
    'a password that nobody can be asked for',
    ['user', 'create', 'ann'],
    /pipe it in and add --password-stdin/,
  ],
  [
    'an empty password',
    ['user', 'create', 'ann', '--password-stdin'],
    /the password is empty; nothing was done/,
  ],
  [
    'a password as an argument',
    ['user', 'create', 'ann', '--password', 'secret'],
    /unknown option '--password'/,
  ],
  [
    'a repository without its tag',
    ['tag', 'delete', 'acme/app', '--yes'],
    /acme\/app has no tag; write acme\/app:TAG or acme\/app TAG/,
  ],
  [
    'a digest in place of a tag',
    ['tag', 'delete', 'acme/app@sha256:00', '--yes'],
    /names a digest; name a tag/,
  ],
  [
    "a name with the registry's host",
    ['tag', 'list', 'localhost:5000/acme/api'],
    /begins with the host of a registry; leave that away: acme\/api/,
  ],
  [
    'a token with repositories and no actions',
    ['token', 'create', 'ci', '--repositories', 'demo/**'],
    /--repositories and --actions belong together/,
  ],
  [
    'an action that is not there',
    ['token', 'create', 'ci', '--repositories', '**', '--actions', 'read'],
    /Allowed choices are pull, push, delete, api/,
  ],
  [
    'an end that is given twice',
    ['token', 'create', 'ci', '--expires-in', '1d', '--expires-at', '2030-01-01T00:00:00Z'],
    /'--expires-in <span>' cannot be used with option '--expires-at <instant>'/,
  ],
  [
    'a span without a unit',
    ['token', 'create', 'ci', '--expires-in', '30'],
    /must be hours, days or weeks, such as 12h, 30d or 4w/,
  ],
  ['a token that is revoked by name', ['token', 'revoke', 'ci'], /must be the id of a token/],
  ['a robot that may do nothing', ['robot', 'create', 'ci'], /say what it may do: --repositories/],
  [
    'a change of nothing',
    ['robot', 'update', 'ci', '--project', 'acme'],
    /nothing to change: give at least one option/,
  ],
  [
    'an overlap that is no number',
    ['robot', 'rotate', 'ci', '--overlap', '1h'],
    /must be a whole number of seconds/,
  ],
  [
    'a robot that is deleted without being asked about',
    ['robot', 'delete', 'ci'],
    /there is no terminal to ask whether you are sure; add --yes/,
  ],
  ['a subject without a scope', ['explain', 'alice'], /say what alice might do/],
  [
    'a token and a user name',
    ['login', '--token-stdin', '--username', 'ann'],
    /'--token-stdin' cannot be used with option '-u, --username <name>'/,
  ],
  ['no token in the input', ['login', '--token-stdin'], /the access token is empty/],
  ['a name that is a step along the path', ['user', 'show', '..'], /"\.\." is not a name/],
] as const) {
  test(`${outcome} is wrong use`, async (t) => {
    const { code, stdout, stderr } = await warden(args, OFFLINE)
    t.is(code, 2)
    t.is(stdout, '')
    t.regex(stderr, sentence)
  })
}

test('help is data, and no failure', async (t) => {
  const { code, stdout, stderr } = await warden(['member', 'set', '--help'])
  t.is(code, 0)
  t.is(stderr, '')
  t.regex(stdout, /A membership is replaced as a whole/)
})

test('a service that does not answer is a failure that says where it was looked for', async (t) => {
  const { code, stderr } = await warden(['user', 'list'], OFFLINE)
  t.is(code, 1)
  t.is(
    stderr,
    'no answer from http://127.0.0.1:9; nothing listens there: check the address, and that the service runs\n',
  )
})
