import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import test from 'ava'
import { letRegistryRefuse } from '../../src/door/hand-on.ts'
import type { Forwarded, WriteToForward } from '../../src/registry/forward-write.ts'

const request = Object.assign(Readable.from([Buffer.from('{}')]), {
  headers: {
    host: 'registry.example.com',
    authorization: 'Bearer x',
    'x-forwarded-proto': 'https',
    'x-warden-method': 'GET',
    'docker-upload-uuid': 'x',
  },
}) as unknown as IncomingMessage

const forwarderThatAnswers = (status: number) => {
  const sent: WriteToForward[] = []
  const forward = async (write: WriteToForward): Promise<Forwarded> => {
    sent.push(write)
    return {
      kind: 'answered',
      answer: { status, headers: { date: 'now' }, body: Buffer.from('!') },
    }
  }
  return { sent, forwarder: { forward } }
}

for (const [method, reference, path] of [
  ['PUT', 'v1', 'acme/app/manifests/v1'],
  ['DELETE', `sha256:${'ab'.repeat(32)}`, `acme/app/manifests/sha256:${'0'.repeat(64)}`],
] as const) {
  const write = { request, method, repository: 'acme/app', reference, sinceLook: () => 0 }

  test(`R15: an unproven ${method} goes to the registry without what it would do`, async (t) => {
    const { sent, forwarder } = forwarderThatAnswers(401)
    t.deepEqual(await letRegistryRefuse({ forwarder }, write), {
      status: 401,
      headers: {},
      body: Buffer.from('!'),
    })
    t.is(sent[0]?.path, path)
    t.is(sent[0]?.body, undefined)
    t.deepEqual(sent[0]?.headers, {
      host: 'registry.example.com',
      authorization: 'Bearer x',
      'x-forwarded-proto': 'https',
    })
  })

  test(`R15: a ${method} whose token only the registry takes is denied`, async (t) => {
    const { forwarder } = forwarderThatAnswers(method === 'PUT' ? 400 : 404)
    await t.throwsAsync(letRegistryRefuse({ forwarder }, write), { code: 'DENIED' })
  })
}
