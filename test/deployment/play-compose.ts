import { join } from 'node:path'
import { openClients } from './clients.ts'
import { openProject, waitUntilServing } from './project.ts'
import { showAddresses } from './show-addresses.ts'
import { showClients } from './show-clients.ts'
import { showCollecting } from './show-collecting.ts'
import { showGuide, showUntrusted } from './show-guide.ts'
import { showIsolation } from './show-isolation.ts'
import { showRestarts } from './show-restarts.ts'
import { showSecrets } from './show-secrets.ts'
import type { Stage } from './stage.ts'
import { HOST, openWalk } from './walk.ts'

/** The files as they are, brought up and used as docs/install.md says. */
export async function playCompose(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const walk = await openWalk(stage)
  const project = openProject({ engine, root: walk.root, host: HOST })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const scene = { ...stage, walk, project, clients }
  const came = await record.show(
    'step 1: the image builds and every service becomes healthy',
    async () => {
      await walk.run('up')
      return 'docker compose up --build --detach --wait'
    },
  )
  if (came) {
    await showUntrusted(scene)
    await showGuide(scene)
    await waitUntilServing(project)
    await showClients(scene)
    await showIsolation(scene)
    await showSecrets(scene)
    await showAddresses(scene)
    await showCollecting(scene)
    await showRestarts(scene)
  }
  await project.must('down', '--volumes')
}
