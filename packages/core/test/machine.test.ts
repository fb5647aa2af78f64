import { expect, test } from 'vitest'
import { fileError, machine, permissionError, runtimeText } from '../src/node.js'

test('the machine names Node.js and its version, with the engine', () => {
  const { runtime, node, v8, cores } = machine()
  expect(runtimeText(runtime)).toBe(`Node.js ${process.versions.node}`)
  expect({ node, v8 }).toEqual({ node: process.version, v8: process.versions.v8 })
  expect(cores).toBeGreaterThanOrEqual(1)
})

test('what Deno refuses is one line with the flag that allows it, and other errors are not', () => {
  const refused = new Error('Requires write access to "/x", run again with the --allow-write flag')
  refused.name = 'NotCapable'
  const line = 'Deno: Requires write access to "/x"; run again with the --allow-write flag'
  expect(permissionError(refused)?.message).toBe(line)
  expect(fileError('/x', refused).message).toBe(line)
  expect(permissionError(new Error('Requires nothing'))).toBeUndefined()
})
