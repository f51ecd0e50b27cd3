import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'

/** An address where a process listens that takes no connection: who asks for one waits. */
export interface DeafServer {
  readonly address: string
  readonly close: () => void
}

/** More than the kernel keeps for it until it takes them. */
const WAITING = 8
const LISTEN_AND_STAND_STILL = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

export async function startDeafServer(): Promise<DeafServer> {
  const child = spawn(process.execPath, ['-e', LISTEN_AND_STAND_STILL], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(chunk.toString())
  const sockets = Array.from({ length: WAITING }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined)
  // The kernel takes these two for it, and no more.
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')))
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      child.kill('SIGKILL')
    },
  }
}
