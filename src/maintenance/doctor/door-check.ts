import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { OCI_MANIFEST } from '../../protocol/media-types.ts'
import { repositoryAccess } from '../../registry/answers.ts'
import { type Finding, fault, ok, skipped, warning } from './check.ts'
import { insideCheck } from './inside-check.ts'
import type { Answer } from './wire.ts'

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1),
})

type Speaker = 'door' | 'registry' | 'nobody'

/** Who spoke, by words that only the one of them has. */
function speakerOf({ status, json }: Answer): Speaker {
  const error = errorsSchema.safeParse(json).data?.errors[0]
  if (
    status === 403 &&
    error?.code === 'DENIED' &&
    /^the name warden-doctor\//.test(error.message)
  ) {
    return 'door'
  }
  return status === 400 && error !== undefined ? 'registry' : 'nobody'
}

/** What other checks tell: our tokens are refused, or the registry is away or takes nothing. */
function findObstacle({ status, body }: Answer): Finding | undefined {
  if (status === 401) return skipped('the registry refuses our tokens')
  if (status === 405) return skipped('the registry itself is read-only')
  if (status === 503 && body.includes('the registry d')) return skipped('the registry is away')
  return undefined
}

const BOTH = 'set WARDEN_DOOR of the service and NGINX_DOOR_MODE of nginx to the same'

function judgeRequired(answer: Answer): Finding {
  const speaker = speakerOf(answer)
  if (speaker === 'door') return ok('writes of manifests pass the door')
  if (speaker === 'registry') {
    return fault(
      'a manifest reaches the registry around the door: read-only mode and rules for tags stop no push',
      BOTH,
    )
  }
  return fault(
    `a write of a manifest is answered ${answer.status}, by neither the door nor the registry`,
    'see that nginx reaches the private listener of the service (NGINX_DOOR), and look into its log',
  )
}

function judgeOff(answer: Answer): Finding {
  const speaker = speakerOf(answer)
  if (speaker === 'registry') {
    return ok('writes of manifests go to the registry: read-only mode is kept by tokens alone')
  }
  if (speaker === 'door') {
    return warning('writes of manifests pass the door, and the service goes without it', BOTH)
  }
  return fault(
    `a write of a manifest is answered ${answer.status}, and not by the registry`,
    'see where nginx sends a PUT below /v2/, and look into its log',
  )
}

/**
 * A PUT that nobody can take: the body is no manifest, so the registry writes nothing, and the name
 * holds a word of its paths, which the door alone refuses.
 */
const door = insideCheck('door', async (examination) => {
  const { ask, inside, url } = examination
  if (!(await examination.challenge())) return skipped('the registry gave no challenge')
  if (inside.tokenFor === undefined) return skipped('there is no authority to sign with')
  const repository = `warden-doctor/${randomBytes(12).toString('hex')}/tags`
  const token = inside.tokenFor(repositoryAccess(repository, 'pull', 'push'))
  const answer = await ask(`${url}/v2/${repository}/manifests/door`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': OCI_MANIFEST },
    body: 'no manifest',
  })
  const judge = inside.config.door === 'required' ? judgeRequired : judgeOff
  return findObstacle(answer) ?? judge(answer)
})

export const DOOR_CHECKS = [door] as const
