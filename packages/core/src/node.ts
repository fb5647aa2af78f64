export {
  codeOf,
  FileError,
  fileError,
  isTemporaryFile,
  removeTemporaryFiles,
  writeFileAtomic,
} from './node/files.js'
export { type BrowserName, findBrowser, type FoundBrowser } from './node/find-browser.js'
export { type FolderLock, LOCK_NAME, LockedError, lockFolder } from './node/folder-lock.js'
export { ISOLATION, PAGE_POLICY, policyFor, type Refusal, refusalOf } from './node/local-server.js'
export { type Machine, machine, processMemoryBytes } from './node/machine.js'
export { readBounded, readIfThere } from './node/read-file.js'
