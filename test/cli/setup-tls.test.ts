import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import test from 'ava'
import { makeDir, read, setup } from '../support/setup.ts'

test('the certificate is good for the given hosts and for this machine', async (t) => {
  const dir = makeDir(t)
  await setup(
    `--tls=${dir}/tls`,
    `--tls-authority=${dir}/ca`,
    '--host=a.example.com,b.example.com',
    '--host=192.0.2.7',
  )
  const certificate = new X509Certificate(read(dir, 'tls/server.crt'))
  t.is(
    certificate.subjectAltName,
    'DNS:a.example.com, DNS:b.example.com, IP Address:192.0.2.7, DNS:localhost, IP Address:127.0.0.1',
  )
})

test("an operator's own TLS certificate is kept", async (t) => {
  const [dir, other] = [makeDir(t), makeDir(t)]
  await setup(`--tls=${other}/tls`, `--tls-authority=${other}/ca`)
  await setup(`--tls=${dir}/tls`, `--tls-authority=${dir}/ca`)
  writeFileSync(`${dir}/tls/server.crt`, read(other, 'tls/server.crt'))
  const { exitCode, stderr } = await setup(`--tls=${dir}/tls`, `--tls-authority=${dir}/ca`)
  t.is(exitCode, 0)
  t.is(stderr, `The TLS certificate ${dir}/tls/server.crt is one of your own: kept as it is.\n`)
  t.is(read(dir, 'tls/server.crt'), read(other, 'tls/server.crt'))
})

test('R1: a TLS certificate under the token authority is refused', async (t) => {
  const dir = makeDir(t)
  const args = [`--certs=${dir}/certs`, `--tls=${dir}/tls`, `--tls-authority=${dir}/ca`]
  await setup(...args)
  writeFileSync(`${dir}/tls/server.crt`, read(dir, 'certs/bundle/ca.crt'))
  const { exitCode, stderr } = await setup(...args)
  t.is(exitCode, 1)
  t.regex(stderr, /stands under the token authority/)
})
