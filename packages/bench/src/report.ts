// This entry creates charts and whole documents. Only it loads the chart library.
export type { NamedResult } from './present/cell-text.js'
export { benchDocument } from './present/document.js'
export { benchChart } from './present/step-chart.js'
