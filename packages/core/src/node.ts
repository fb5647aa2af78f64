export { cacheFolder } from './node/cache-folder.js'
export { codeOf, FileError, fileError, writeFileAtomic } from './node/files.js'
export { type BrowserName, findBrowser, type FoundBrowser } from './node/find-browser.js'
export {
  findProgram,
  type FoundProgram,
  isProgram,
  type ProgramPlaces,
} from './node/find-program.js'
export { folderHolds, removeTemporaryFiles } from './node/folder-contents.js'
export { type FolderLock, LockedError, lockFolder } from './node/folder-lock.js'
export { type HashForm, hashOfFile } from './node/hash-of-file.js'
export { ISOLATION, PAGE_POLICY, policyFor, type Refusal, refusalOf } from './node/local-server.js'
export {
  javaScriptRuntime,
  type JavaScriptRuntime,
  type Machine,
  machine,
  processMemoryBytes,
  runtimeText,
} from './node/machine.js'
export { assertWritable, createFolder } from './node/output-path.js'
export { PermissionError, permissionError } from './node/permission-error.js'
export { readBounded, readIfThere } from './node/read-file.js'
