export { benchMarkdown, benchTable } from './bench-table.js'
export { benchWarnings } from './bench-warnings.js'
export { comparisonMarkdown, comparisonTable } from './comparison-table.js'
export { classificationTable, confusionTable } from './classification-table.js'
export {
  code,
  figure,
  heading,
  list,
  note,
  paragraph,
  table,
  type Block,
  type Code,
  type Figure,
  type Heading,
  type Inline,
  type InlinePart,
  type List,
  type Note,
  type Paragraph,
  type ReportDocument,
  type Table,
} from './document/document.js'
export { renderHtml } from './document/html.js'
export { renderMarkdown, type MarkdownReport } from './document/markdown.js'
export { epochHeader, epochRow, epochTable, type EpochTableOptions } from './epoch-table.js'
export { difference, megabytes, percent, significant } from './numbers.js'
export { digitPicture } from './pictures/digit-picture.js'
export { filterPicture } from './pictures/filter-picture.js'
export {
  pictureSheet,
  type LabelledPicture,
  type PictureSheetData,
} from './pictures/picture-sheet.js'
export { pictureSvg, type Picture } from './pictures/picture.js'
export { probabilityBars, type ProbabilityBarsOptions } from './probability-bars.js'
export { renderMarkdownTable, renderTable, type Column, type Row } from './table.js'
