import test from 'ava'
import { parseLine } from '../../../src/maintenance/collect/parse-line.ts'

const HEX = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'

for (const [line, word] of [
  [`blob eligible for deletion: sha256:${HEX}`, { kind: 'blob', digest: `sha256:${HEX}` }],
  ['3 blobs marked, 17 blobs and 0 manifests eligible for deletion', { kind: 'total', blobs: 17 }],
  [`acme/app: marking manifest sha256:${HEX} `, { kind: 'marking' }],
  [`acme/app: marking blob sha256:${HEX}`, undefined],
  ['acme/app', undefined],
  ['', undefined],
  [`blob eligible for deletion: sha256:${HEX}0`, undefined],
  [`blob eligible for deletion: sha256:${HEX.toUpperCase()}`, undefined],
  [`blob eligible for deletion: sha256:${HEX} `, undefined],
  [` blob eligible for deletion: sha256:${HEX}`, undefined],
  [`level=info msg="blob eligible for deletion: sha256:${HEX}"`, undefined],
  ['blob eligible for deletion: ../../etc', undefined],
  ['-1 blobs marked, 1 blobs and 0 manifests eligible for deletion', undefined],
  ['1 blobs marked, 9999999999999999 blobs and 0 manifests eligible for deletion', undefined],
] as const) {
  test(`${JSON.stringify(line)} is ${word?.kind ?? 'only shown'}`, (t) => {
    t.deepEqual(parseLine(line), word)
  })
}
