import { assert, mustEnd } from './clients.ts'
import { ALICE, type Scene } from './show-clients.ts'
import type { Walk } from './walk.ts'

export interface GuideScene extends Scene {
  readonly walk: Walk
}

export async function showUntrusted({ clients, record }: GuideScene): Promise<void> {
  await record.show('docker refuses an authority that it was not told of', async () => {
    const output = await mustEnd(clients.login(ALICE), 1)
    assert(/x509: certificate signed by unknown authority/.test(output), output)
    return undefined
  })
}

/** Steps 2 to 5 of docs/install.md, one after another. */
export async function showGuide({ walk, project, record }: GuideScene): Promise<void> {
  const { password } = await project.admin()
  await record.show('step 2: the authority is trusted by certs.d', async () => {
    await walk.run('trust')
    return `/etc/docker/certs.d/${project.host}/ca.crt`
  })
  await record.show('step 3: the first password, and docker login over TLS', async () => {
    const shown = await walk.run('signIn', { typed: [password] })
    assert(shown.includes(password), 'the password was not shown')
    assert(shown.includes('Login Succeeded'), shown)
    return undefined
  })
  await record.show('step 4: a project, a user of it, docker push and pull', async () => {
    const typed = [password, ALICE.password, ALICE.password, ALICE.password]
    const shown = await walk.run('begin', { typed })
    assert(shown.includes('Login Succeeded'), shown)
    assert(/v1: digest: sha256:[0-9a-f]{64}/.test(shown), shown)
    return 'passwords typed at a terminal'
  })
  await record.show('step 5: warden doctor finds no fault', async () => {
    await walk.run('lookOver')
    return undefined
  })
}
