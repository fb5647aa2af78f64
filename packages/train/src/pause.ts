/** Milliseconds that work may keep the event loop from timers, signals and painting. */
const LONGEST = 50

/**
 * A function to await between pieces of work. Promises that resolve at once never let the event loop go round; every
 * 50 ms this does. Returns undefined when there is nothing to await.
 *
 * @param now milliseconds
 */
export function pauses(now: () => number): () => Promise<void> | undefined {
  let last = now()
  const pause = async (): Promise<void> => {
    await macrotask()
    last = now()
  }
  return () => (now() - last < LONGEST ? undefined : pause())
}

function macrotask(): Promise<void> {
  // Browsers have no setImmediate, and make a setTimeout that is repeated wait 4 ms.
  if (typeof setImmediate === 'function')
    return new Promise((resolve) => void setImmediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })
}
