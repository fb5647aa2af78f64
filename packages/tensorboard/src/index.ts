export {
  encodeEvent,
  type FileVersionEvent,
  type ScalarHeads,
  type ScalarsEvent,
  type SessionStartEvent,
  type TensorboardEvent,
} from './event.js'
export { encodeRecord, maskedChecksum } from './record.js'
