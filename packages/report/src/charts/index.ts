export { type Axis, tickText } from './axis.js'
export { type Bar, type BarChartData, barChart } from './bar-chart.js'
export {
  type Distribution,
  type DistributionChartData,
  distributionChart,
} from './distribution-chart.js'
export { type ConfusionHeatmapData, confusionHeatmap } from './heatmap.js'
export {
  type LineChartData,
  type LineSeries,
  type Point,
  type ScalingChartData,
  lineChart,
  scalingChart,
} from './line-chart.js'
export { type Row as ChartRow, type RowGroup } from './rows.js'
export { type StackedBar, type StackedBarChartData, stackedBarChart } from './stacked-bar-chart.js'
export { type ChartSize, renderSvg } from './svg.js'
