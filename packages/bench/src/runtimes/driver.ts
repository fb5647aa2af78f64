export { chromiumFlags, launchBrowser } from './launch-browser.js'
export { type Site, serveSite } from './serve-site.js'
