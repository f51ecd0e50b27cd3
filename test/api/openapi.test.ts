import { Validator } from '@seriousme/openapi-schema-validator'
import test from 'ava'
import { type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

// biome-ignore lint/suspicious/noExplicitAny: a document as any reader gets it.
const readDocument = async (): Promise<any> =>
  (await service.request('GET', '/api/v1/openapi.json')).body

interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: object
}

const operationsOf = (document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
  )

test('the document is valid OpenAPI 3.1 by an independent validator', async (t) => {
  const result = await new Validator().validate(await readDocument())
  t.deepEqual(result.errors, undefined)
  t.true(result.valid)
})

test('the document has every route of the public listener, each under a name of its own', async (t) => {
  const operations = operationsOf(await readDocument())
  const described = operations.map(({ method, path }) => `${method} ${path}`)
  const mounted = service.routes.map(
    ({ method, path }) => `${method} ${path.replace(/[:*](\w+)/g, '{$1}')}`,
  )
  t.deepEqual(described.toSorted(), mounted.toSorted())
  t.true(mounted.length > 15)
  const ids = operations.map(({ operationId }) => operationId)
  t.is(new Set(ids).size, ids.length)
  t.true(ids.every((id) => /^[a-z][A-Za-z0-9]+$/.test(id)))
})

test('every parameter of a path is described, and a repository says that it keeps its slashes', async (t) => {
  for (const { path, parameters } of operationsOf(await readDocument())) {
    const inPath = parameters.filter((parameter) => parameter.in === 'path')
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    t.deepEqual(inPath.map(({ name }) => name).toSorted(), names.toSorted())
  }
  const { paths } = await readDocument()
  const [name] = paths['/api/v1/repositories/{name}/tags'].get.parameters
  t.regex(name.description, /with its slashes/)
})

test('the document says what a caller sends and what comes back, by the names of things', async (t) => {
  const { paths, components } = await readDocument()
  const { requestBody, responses, operationId } = paths['/api/v1/users'].post
  t.is(operationId, 'postUsers')
  const { schema } = requestBody.content['application/json']
  t.deepEqual(schema.required, ['username', 'password'])
  t.false(schema.additionalProperties)
  t.deepEqual(responses['201'].content['application/json'].schema, {
    $ref: '#/components/schemas/User',
  })
  t.deepEqual(components.schemas.User.properties.disabled, { type: 'boolean' })
  t.deepEqual(Object.keys(paths['/auth/token'].post.requestBody.content), [
    'application/x-www-form-urlencoded',
  ])
})

test('refusals are described in the form in which they come', async (t) => {
  const { paths, components } = await readDocument()
  const { responses } = paths['/api/v1/projects/{project}'].patch
  t.deepEqual(
    Object.keys(responses).filter((status) => status >= '400'),
    ['400', '401', '403', '404', '409', '412', '413', '415', '429', '500', '503'],
  )
  t.deepEqual(Object.keys(components.responses.Problem404.content), ['application/problem+json'])
  t.regex(components.responses.Problem404.description, /`PROJECT_UNKNOWN`/)
  t.deepEqual(paths['/auth/token'].get.responses['401'], {
    $ref: '#/components/responses/RegistryError401',
  })
})

test('the document says where credentials are needed, may be left out, and are not looked at', async (t) => {
  const { paths } = await readDocument()
  t.deepEqual(paths['/api/v1/users'].get.security, [{ basic: [] }, { bearer: [] }])
  t.deepEqual(paths['/api/v1/projects'].get.security, [{}, { basic: [] }, { bearer: [] }])
  t.deepEqual(paths['/healthz'].get.security, [])
})

test('Bearer opens the API and not the token realm', async (t) => {
  const { paths, components } = await readDocument()
  t.deepEqual(paths['/auth/token'].get.security, [{}, { basic: [] }])
  t.deepEqual(paths['/api/v1/robots'].post.security, [{ basic: [] }, { bearer: [] }])
  t.like(components.securitySchemes.bearer, { type: 'http', scheme: 'bearer' })
})

test('a secret is marked, and not promised: a repeated answer is without it', async (t) => {
  const { components } = await readDocument()
  for (const name of ['RobotWithSecret', 'CreatedAccessToken']) {
    const { properties, required } = components.schemas[name]
    t.deepEqual(properties.secret, { type: 'string', 'x-secret': true }, name)
    t.false(required.includes('secret'), name)
    t.true(required.includes('name'), name)
  }
})

test('an export is described in each of its media types, and without a tag', async (t) => {
  const { paths } = await readDocument()
  const { responses, parameters } = paths['/api/v1/audit/export'].get
  t.deepEqual(Object.keys(responses['200'].content), ['text/csv', 'application/jsonl'])
  t.false('ETag' in responses['200'].headers)
  t.true('404' in responses)
  t.false(parameters.some((parameter: { in: string }) => parameter.in === 'header'))
})

test('the page of documentation has every operation and loads nothing from anywhere', async (t) => {
  const { status, headers, body } = await service.request('GET', '/api/v1/docs')
  t.is(status, 200)
  t.is(headers.get('content-type'), 'text/html; charset=utf-8')
  for (const { operationId } of operationsOf(await readDocument())) {
    t.true(body.includes(`<article id="${operationId}">`), operationId)
  }
  t.notRegex(body, /<(?:script|img|iframe|link)\b|\bsrc=|\bon\w+="|url\(/i)
  t.notRegex(body, /href="(?!#|openapi\.json")/)
})

test('R19: the page of documentation has a policy of its own that allows its style and no script', async (t) => {
  const { headers } = await service.request('GET', '/api/v1/docs')
  t.regex(
    headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  )
  const api = await service.request('GET', '/api/v1/openapi.json')
  t.is(api.headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
})
