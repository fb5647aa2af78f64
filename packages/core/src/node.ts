export {
  codeOf,
  FileError,
  fileError,
  isTemporaryFile,
  readIfThere,
  removeTemporaryFiles,
  writeFileAtomic,
} from './node/files.js'
export { type BrowserName, findBrowser, type FoundBrowser } from './node/find-browser.js'
export { type FolderLock, LOCK_NAME, LockedError, lockFolder } from './node/folder-lock.js'
export { assertWritable, createFolder } from './node/output-path.js'
export { type Machine, machine } from './node/machine.js'
