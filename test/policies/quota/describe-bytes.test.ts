import test from 'ava'
import { describeBytes } from '../../../src/policies/quota/describe-bytes.ts'

for (const [bytes, words] of [
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1_048_575, '1 MiB'],
  [10_737_418_240, '10 GiB'],
  [10_952_166_604, '10.2 GiB'],
  [Number.MAX_SAFE_INTEGER, '8 PiB'],
] as const) {
  test(`${bytes} bytes are ${words}`, (t) => {
    t.is(describeBytes(bytes), words)
  })
}
