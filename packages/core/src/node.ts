export { codeOf, FileError, fileError } from './node/file-error.js'
export {
  type BrowserName,
  type FoundBrowser,
  findBrowser,
  findChromium,
} from './node/find-browser.js'
export { type Machine, machine } from './node/machine.js'
export { readIfThere } from './node/read-if-there.js'
export { writeFileAtomic } from './node/write-file-atomic.js'
