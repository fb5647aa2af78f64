import { JsonError, parseForeignJson } from '@mnist-lab/core'
import { damagedFile } from './foreign-error.js'

/** Parses JSON of a file. @throws ModelError when it is not JSON or is too large */
export function parseJsonPart(bytes: Uint8Array, where: string, maxSize: number): unknown {
  try {
    return parseForeignJson(bytes, { maxSize })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    const { what, expected, got } = cause.facts
    throw damagedFile(where, `it is ${what}`, {
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
      cause,
    })
  }
}
