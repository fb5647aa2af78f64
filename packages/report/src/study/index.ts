export { agreementLines } from './agreement-chapter.js'
export {
  PUBLISHED,
  PUBLISHED_SOURCE,
  type PublishedModel,
  type PublishedPass,
} from './published.js'
export { type NamedRun, runsDocument } from './runs-document.js'
export { studyDocument } from './study-document.js'
