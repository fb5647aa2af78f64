export { benchDocument, type NamedResult } from './document.js'
