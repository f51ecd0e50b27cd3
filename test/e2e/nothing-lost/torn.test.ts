import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { makeTemporaryDir, removeDir } from '../../support/temporary-dir.ts'
import { isTagTorn } from './torn.ts'

const HEX = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)
const MANIFESTS = 'repositories/acme/app/_manifests'

/** Storage with the tag v1 on one manifest, and the tag v2 on another. */
const FILES: Readonly<Record<string, string>> = {
  [`${MANIFESTS}/tags/v1/current/link`]: `sha256:${HEX}`,
  [`${MANIFESTS}/tags/v2/current/link`]: `sha256:${OTHER}`,
  [`${MANIFESTS}/revisions/sha256/${HEX}/link`]: `sha256:${HEX}`,
  [`${MANIFESTS}/revisions/sha256/${OTHER}/link`]: `sha256:${OTHER}`,
  [`blobs/sha256/ab/${HEX}/data`]: '{}',
  [`blobs/sha256/cd/${OTHER}/data`]: '{}',
}

/** @returns which tags are torn when one of its files is empty */
function findTorn(empty?: string): readonly string[] {
  const dir = makeTemporaryDir()
  try {
    for (const [path, content] of Object.entries(FILES)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), content)
    }
    if (empty !== undefined) truncateSync(join(dir, empty))
    return ['v1', 'v2', 'v3'].filter((tag) => isTagTorn(dir, { repository: 'acme/app', tag }))
  } finally {
    removeDir(dir)
  }
}

test('a tag that is whole, or not there, is not torn', (t) => {
  t.deepEqual(findTorn(), [])
})

for (const path of Object.keys(FILES).filter((name) => /v1|sha256\/(?:ab\/)?ab/.test(name))) {
  test(`a tag is torn, and no other of its repository, where this is empty: ${path.replace(HEX, '…')}`, (t) => {
    t.deepEqual(findTorn(path), ['v1'])
  })
}
