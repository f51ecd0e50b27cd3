import { createHash } from 'node:crypto'
import test from 'ava'
import { z } from 'zod'
import { renderDocsPage } from '../../src/http/docs-page.ts'
import { createOpenApiDocument } from '../../src/http/openapi.ts'
import { defineRoute, secretText } from '../../src/http/route.ts'

const route = defineRoute({
  method: 'post',
  path: '/api/v1/things/*name',
  summary: 'Makes <script>alert(1)</script> & "things"',
  params: z.strictObject({ name: z.string() }),
  body: z.strictObject({ text: z.string().meta({ description: '</pre><b>' }) }),
  answers: {
    201: {
      description: 'The <i>thing</i>',
      schema: z.object({ id: z.int(), secret: secretText }).meta({ id: 'Thing' }),
    },
  },
  handle: async () => ({ status: 201 }),
})

test('R19: every text on the page of documentation is escaped', (t) => {
  const { html } = renderDocsPage(createOpenApiDocument([route], '<1>'))
  t.notRegex(html, /<script|<b>|<i>|<1>/)
  t.true(html.includes('Makes &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;things&quot;'))
})

test('R19: the policy of the page names the hash of the very style that it has', (t) => {
  const { html, contentSecurityPolicy } = renderDocsPage(createOpenApiDocument([route], '1'))
  const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? ''
  t.true(style.length > 100)
  const hash = createHash('sha256').update(style).digest('base64')
  t.true(contentSecurityPolicy.includes(`'sha256-${hash}'`))
})

test('what stands in backquotes is code on the page', (t) => {
  const { html } = renderDocsPage(createOpenApiDocument([route], '1'))
  t.true(html.includes('<code>UNAUTHORIZED</code>: authentication required'))
  t.notRegex(html, /`/)
})

test('an example is a command that can be copied', (t) => {
  const { html } = renderDocsPage(createOpenApiDocument([route], '1'))
  t.true(
    html.includes(
      'curl -u alice &#39;https://registry.example.com/api/v1/things/{name}&#39; --json &#39;{&quot;text&quot;:&quot;…&quot;}&#39;',
    ),
  )
})

test('a secret of an answer is marked, and may be missing', (t) => {
  const { components } = createOpenApiDocument([route], '1')
  t.deepEqual(components.schemas.Thing, {
    type: 'object',
    properties: { id: { type: 'integer' }, secret: { type: 'string', 'x-secret': true } },
    required: ['id'],
  })
})

test('two different schemas of one name are refused', (t) => {
  const answers = (schema: z.ZodType) => ({ 200: { description: 'it', schema } })
  const make = (path: string, schema: z.ZodType) =>
    defineRoute({
      method: 'get',
      path,
      summary: 'Reads',
      answers: answers(schema),
      handle: async () => ({ status: 200 }),
    })
  const routes = [
    make('/a', z.object({ a: z.string() }).meta({ id: 'Twice' })),
    make('/b', z.object({ b: z.string() }).meta({ id: 'Twice' })),
  ]
  t.throws(() => createOpenApiDocument(routes, '1'), {
    message: 'two different schemas have the name Twice',
  })
})
