export { codeOf, FileError, fileError, readIfThere, writeFileAtomic } from './node/files.js'
export { type BrowserName, findBrowser, type FoundBrowser } from './node/find-browser.js'
export { type Machine, machine } from './node/machine.js'
