import { join } from 'node:path'
import { openClients } from './clients.ts'
import { openProject, type Project, waitUntilServing } from './project.ts'
import { showAddresses } from './show-addresses.ts'
import { showClients } from './show-clients.ts'
import { showCollecting } from './show-collecting.ts'
import { showIsolation } from './show-isolation.ts'
import { showRestarts } from './show-restarts.ts'
import { showSecrets } from './show-secrets.ts'
import type { Stage } from './stage.ts'

export const HOST = 'registry.example.com'

/** As docs/install.md says. */
export async function bringUp(project: Project): Promise<void> {
  await project.up()
  await project.must('cp', 'nginx:/etc/nginx/tls/ca.crt', project.caPath)
  await waitUntilServing(project)
}

/** The files as they are, with a name for the host. */
export async function playCompose(stage: Stage): Promise<void> {
  const { engine, place, record } = stage
  const project = openProject({ engine, dir: place.dir, name: 'plain', env: { WARDEN_HOST: HOST } })
  const clients = openClients(engine, HOST, join(place.dir, 'clients'))
  const came = await record.show('the image builds and every service becomes healthy', async () => {
    await bringUp(project)
    return 'docker compose up --build --detach --wait'
  })
  if (!came) return
  const scene = { ...stage, project, clients }
  await showClients(scene)
  await showIsolation(scene)
  await showSecrets(scene)
  await showAddresses(scene)
  await showCollecting(scene)
  await showRestarts(scene)
  await project.must('down', '--volumes')
}
