import type { Socket } from 'node:net'
import { BerReader } from 'ldapts'

/** An extended request, message 1, with the OID of StartTLS. */
const REQUEST = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
])
const EXTENDED_RESPONSE = 0x78
const MOST_BYTES = 4096

interface Reply {
  readonly code: number
  readonly length: number
}

/** @returns undefined while the message is not whole */
function readReply(bytes: Buffer): Reply | undefined {
  const reader = new BerReader(bytes)
  if (reader.readSequence() === null || reader.remain < reader.length) return undefined
  const length = reader.offset + reader.length
  reader.readInt()
  reader.readSequence(EXTENDED_RESPONSE)
  return { code: reader.readEnumeration() ?? -1, length }
}

type Judgement = 'unfinished' | 'agreed' | Error

function judge(bytes: Buffer): Judgement {
  try {
    const reply = readReply(bytes)
    if (reply === undefined && bytes.length < MOST_BYTES) return 'unfinished'
    // What comes in clear behind the answer is nobody's word: it must not be read as said under TLS.
    if (reply?.length !== bytes.length)
      return new Error('the answer to StartTLS is not one message')
    return reply.code === 0 ? 'agreed' : new Error(`StartTLS is refused (code ${reply.code})`)
  } catch {
    return new Error('the answer to StartTLS is not LDAP')
  }
}

/**
 * Asks the server to go over to TLS on this connection; the handshake is the caller's next step.
 *
 * @throws Error when the server does not, or the signal aborts
 * @see https://www.rfc-editor.org/rfc/rfc4511#section-4.14
 */
export function requestStartTls(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const end = (failure?: Error): void => {
      socket.off('data', take).off('close', lose).pause()
      signal.removeEventListener('abort', lose)
      if (failure === undefined) resolve()
      else reject(failure)
    }
    const lose = (): void => end(new Error('no answer to StartTLS'))
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const judgement = judge(bytes)
      if (judgement === 'unfinished') return
      end(judgement === 'agreed' ? undefined : judgement)
    }
    socket.on('data', take).on('close', lose)
    signal.addEventListener('abort', lose)
    socket.write(REQUEST)
  })
}
