import { Agent, request } from 'node:http'
import { RemoteError } from './answers.js'
import { MAX_REMOTE_ANSWER } from './link.js'

/**
 * Returns a function that sends each line as a request to a socket, over one connection, and
 * returns the text of the answer.
 *
 * @param socketPath the path of a Unix socket
 * @throws RemoteError when the server refuses the request, or says too much
 */
export function askOverHttp(socketPath: string): (line: string) => Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (line) =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(line)
      const sent = request(
        { socketPath, agent, method: 'POST', headers: { 'Content-Length': body.length } },
        (response) => {
          const chunks: Buffer[] = []
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes <= MAX_REMOTE_ANSWER) return void chunks.push(chunk)
            chunks.length = 0
            response.destroy()
            reject(new RemoteError(`it answered more than ${MAX_REMOTE_ANSWER / 2 ** 20} MiB`))
          })
          response.on('error', reject)
          response.on('end', () => {
            if (response.statusCode !== 200)
              return reject(new RemoteError(`it answered with the status ${response.statusCode}`))
            resolve(Buffer.concat(chunks).toString('utf8'))
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
}
