// The program that runs the remote engine's script in Node.js, as a shell of a JavaScript engine
// would: with `readline` and `print`, and nothing of Node.js that the script knows.
import { REMOTE_SCRIPT } from './built-files.js'
import { print, readline } from './shell-lines.js'
import { pathToFileURL } from 'node:url'

Object.assign(globalThis, { readline, print })
await import(pathToFileURL(REMOTE_SCRIPT).href)
