export { openEventFile, type EventFile, type EventFileOptions } from './node/event-file.js'
