export {
  classificationTable,
  confusionTable,
  frequentMistakes,
  MAX_SHOWN_CLASSES,
  SHOWN_MISTAKES,
} from './classification-table.js'
export {
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
  code,
  figure,
  heading,
  list,
  note,
  paragraph,
  table,
} from './document/document.js'
export { renderHtml } from './document/html.js'
export { type MarkdownReport, renderMarkdown } from './document/markdown.js'
export {
  type EpochFigures,
  type EpochTableOptions,
  epochHeader,
  epochRow,
  epochTable,
} from './epoch-table.js'
export { escapeMarkdownLine } from './escape.js'
export { difference, megabytes, percent, significant } from './numbers.js'
export {
  type LabelledPicture,
  type PictureSheetData,
  pictureSheet,
} from './pictures/picture-sheet.js'
export { type Picture, digitPicture, filterPicture, pictureSvg } from './pictures/picture.js'
export { type ProbabilityBarsOptions, probabilityBars } from './probability-bars.js'
export {
  type Column,
  type Row,
  renderMarkdownTable,
  renderTable,
  type TextLayout,
} from './table.js'
export { CHART_CLASS, INK, MUTED, PALETTE, PAPER, RULE, SYMBOLS } from './theme.js'
