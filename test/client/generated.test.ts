import { readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { writeClientTypes, writeType } from '../../src/client/write-types.ts'
import { createOpenApiDocument } from '../../src/http/openapi.ts'
import { startService } from '../support/service.ts'

const PATH = 'src/client/generated.ts'

test('the generated types of the client are those of the routes', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  t.teardown(() => service.stop())
  const written = writeClientTypes(createOpenApiDocument(service.routes, ''))
  if (process.env.GENERATE_CLIENT) writeFileSync(PATH, written)
  t.true(
    written === readFileSync(PATH, 'utf8'),
    `${PATH} is old; make it anew: GENERATE_CLIENT=1 npm test -- test/client/generated`,
  )
  t.regex(
    written,
    /getUsersByUsername: \{ method: 'GET', path: '\/api\/v1\/users\/\{username\}', answer: \['User'\] \},/,
  )
})

for (const [schema, type] of [
  [{ type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'null' }] }, 'number | null'],
  [
    { type: 'array', items: { $ref: '#/components/schemas/User' } },
    'ReadonlyArray<Schemas["User"]>',
  ],
  [
    { type: 'object', properties: { a: { type: 'boolean' }, 'b-c': {} }, required: ['a'] },
    '{\n  readonly a: boolean\n  readonly "b-c"?: unknown\n}',
  ],
  [
    { type: 'object', properties: { a: { type: 'string' } } },
    '{\n  readonly a?: string | undefined\n}',
  ],
  [{ type: 'object' }, 'Readonly<Record<string, unknown>>'],
  [{ const: 'x' }, '"x"'],
] as const) {
  test(`${JSON.stringify(schema)} is written as a type`, (t) => {
    t.is(writeType(schema), type)
  })
}
