// Charts and whole documents. This entry loads the chart library, which the others do not need.
export type { NamedResult } from './present/cell-text.js'
export { benchDocument } from './present/document.js'
export { benchChart } from './present/step-chart.js'
