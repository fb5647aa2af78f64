// What programs and tests that drive the system's browser share.
export { BROWSERS, type BrowserName } from '../place-name.js'
export { findBrowser, type FoundBrowser } from './find-browser.js'
export { chromiumFlags, launchBrowser } from './launch-browser.js'
export { serveSite, type Site } from './serve-site.js'
