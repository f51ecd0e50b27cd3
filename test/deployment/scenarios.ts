import { playBucket } from './play-bucket.ts'
import { playCompose } from './play-compose.ts'
import { playExternalMysql } from './play-external-mysql.ts'
import { playHttp } from './play-http.ts'
import { playOuterProxy } from './play-outer-proxy.ts'
import { playOwnCertificate } from './play-own-certificate.ts'
import { playReplicas } from './play-replicas.ts'
import type { Stage } from './stage.ts'

/** What can be named after `npm run test:compose --`. */
export const SCENARIOS: Readonly<{ [name: string]: (stage: Stage) => Promise<void> }> = {
  compose: playCompose,
  'own-certificate': playOwnCertificate,
  'outer-proxy': playOuterProxy,
  replicas: playReplicas,
  'external-mysql': playExternalMysql,
  http: playHttp,
  s3: playBucket,
}
