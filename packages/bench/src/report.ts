// Charts and whole documents: this entry loads the chart library, which the others do not need.
export { benchChart } from './present/bench-chart.js'
export { type NamedResult, benchDocument } from './present/bench-document.js'
