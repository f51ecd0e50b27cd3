import type { Generator } from './generate.ts'

const WORDS = [
  'acme',
  'app',
  'a',
  'b-c',
  'd.e',
  'f__g',
  'tags',
  'manifests',
  'blobs',
  'uploads',
  'referrers',
  'list',
  'v2',
  '_catalog',
  'A',
  'host:5000',
  '..',
  '.',
  '',
]
const REFERENCES = [
  'v1',
  '1.0',
  'latest',
  '_x',
  '.x',
  '-x',
  'v+1',
  `sha256:${'ab'.repeat(32)}`,
  'sha256:ab',
  'a'.repeat(128),
  'a'.repeat(129),
  'manifests',
  'list',
  '',
]
const QUERIES = ['?x=/manifests/v2', '?tag=v2', '?', '??', '?/', '#/manifests/v2', '#']

const encode = (character: string, { once }: Generator): string => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${once(2) ? hex.toUpperCase() : hex}`
}

/** A path as somebody might write it who wants it to be read in two ways: encoded, doubled, with more behind it. */
export function twistPath(path: string, generator: Generator): string {
  const { pick, once } = generator
  const odd = [...path]
    .map((character, at) => {
      if (at > 0 && once(once(2) ? 20 : 200)) return encode(character, generator)
      return character === '/' && once(40)
        ? pick(['//', '%2F', '%2f', '/./', '\\', '%5C'])
        : character
    })
    .join('')
  const ended = once(8)
    ? `${odd}${pick(['%00', '%0a', '%20', '%25', '%2e', '%ff', '%zz', ';x', '%3Fx', '%23'])}`
    : odd
  return once(5) ? `${ended}${pick(QUERIES)}` : ended
}

/** Paths that are nearly those of manifests: other words, encoded, doubled, cut short. */
export function generateTarget(generator: Generator): string {
  const { list, pick, once } = generator
  const names = list(1, 4, () => pick(once(2) ? WORDS.slice(0, 6) : WORDS))
  const middle = once(6) ? list(0, 2, () => pick(WORDS)) : ['manifests']
  const reference = once(2) ? 'v1' : pick(REFERENCES)
  const path = `/v2/${[...names, ...middle, reference].join('/')}${once(12) ? '/' : ''}`
  return twistPath(path, generator)
}

const BEFORE = [
  '/v2/',
  '/v2/x/../',
  '/v2/./',
  '/V2/',
  '/v2//',
  '/%76%32/',
  '/v2/v2/../',
  '/x/../v2/',
]

/** Paths that are nearly that of one manifest, whose digest is told. */
export function generateDelete(
  generator: Generator,
  { repository, digest }: { readonly repository: string; readonly digest: string },
): string {
  const { pick, once } = generator
  const start = once(8) ? pick(BEFORE) : '/v2/'
  const middle = once(12)
    ? pick(['manifests/x/..', 'Manifests', 'manifests/.', 'blobs', 'tags/list/../../manifests'])
    : 'manifests'
  return twistPath(`${start}${repository}/${middle}/${digest}${once(12) ? '/' : ''}`, generator)
}
