import test from 'ava'
import { accessoryKindOf, readAccessoryTag } from '../../src/protocol/accessory.ts'

const HEX = '5e'.repeat(32)

for (const [tag, kind] of [
  [`sha256-${HEX}`, 'referrers'],
  [`sha256-${HEX}.sig`, 'signature'],
  [`sha256-${HEX}.att`, 'attestation'],
  [`sha256-${HEX}.sbom`, 'sbom'],
] as const) {
  test(`${tag.slice(71) || 'a tag of a digest alone'} is of the kind ${kind}`, (t) => {
    t.deepEqual(readAccessoryTag(tag), { subjectDigest: `sha256:${HEX}`, kind })
  })
}

for (const tag of ['latest', 'sha256-abc', `sha256-${HEX}.exe`, `v-sha256-${HEX}`]) {
  test(`${tag.slice(0, 20)} is a tag of people`, (t) => {
    t.is(readAccessoryTag(tag), undefined)
  })
}

for (const [type, kind] of [
  ['application/spdx+json', 'sbom'],
  ['application/vnd.cyclonedx+json', 'sbom'],
  ['application/vnd.in-toto+json', 'attestation'],
  ['application/vnd.cncf.notary.signature', 'signature'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', 'signature'],
  ['text/plain', 'other'],
  [undefined, 'other'],
] as const) {
  test(`an artifact of type ${type} is of the kind ${kind}`, (t) => {
    t.is(accessoryKindOf(type), kind)
  })
}
