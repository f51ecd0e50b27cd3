import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { type ExplainAccessDeps, type Explanation, explainAccess } from './explain-access.ts'
import { normalizeSubjectName } from './explained-subject.ts'
import { MOST_SCOPES } from './token-request.ts'

const SUBJECT_LENGTH = 200
const NO_NAME = 'must be a user name, a name such as robot$demo+ci, or anonymous'

const subjectSchema = z
  .string()
  .max(SUBJECT_LENGTH)
  .refine((text) => normalizeSubjectName(text) !== undefined, NO_NAME)
  .transform((text) => text.toLowerCase())

const questionSchema = z.strictObject({
  subject: subjectSchema.optional(),
  scope: z.union([
    z.string().transform((scope) => [scope]),
    z.array(z.string()).min(1).max(MOST_SCOPES),
  ]),
})

const decisionSchema = z
  .object({
    type: z.string(),
    name: z.string(),
    action: z.string(),
    allowed: z.boolean(),
    rule: z.string(),
    until: z.iso.datetime().nullable(),
  })
  .meta({ id: 'AccessDecision' })

const explanationSchema = z
  .object({ subject: z.string(), decisions: z.array(decisionSchema) })
  .meta({ id: 'Explanation' })

const presentDecision = (decision: Explanation): z.output<typeof decisionSchema> => ({
  ...decision,
  until: decision.until?.toISOString() ?? null,
})

/** `POST /explain`: a question that changes nothing. */
export const createExplainRoutes = (deps: ExplainAccessDeps): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/explain',
    summary: 'Says which rule decides each action that a token could hold',
    anonymous: true,
    refusals: [404],
    body: questionSchema,
    answers: { 200: { description: 'The decisions', schema: explanationSchema } },
    handle: async ({ caller, body }) => {
      const question = { caller, name: body.subject, scopes: body.scope }
      const { subject, decisions } = await explainAccess(deps, question)
      return { status: 200, body: { subject, decisions: decisions.map(presentDecision) } }
    },
  }),
]
