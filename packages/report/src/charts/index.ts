export { benchChart } from './bench-chart.js'
export { learningCurves } from './learning-curves.js'
