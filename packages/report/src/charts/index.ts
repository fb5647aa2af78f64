export { benchChart } from './bench-chart.js'
export { tickText, type Axis } from './axis.js'
export { lineChart, type LineChartData, type LineSeries, type Point } from './line-chart.js'
export { scalingChart, type ScalingChartData } from './scaling-chart.js'
export { renderSvg, type ChartSize } from './svg.js'
export { CHART_CLASS, INK, MUTED, PALETTE, PAPER, RULE, SYMBOLS } from '../theme.js'
export { barChart, type Bar, type BarChartData } from './bar-chart.js'
export {
  distributionChart,
  type Distribution,
  type DistributionChartData,
} from './distribution-chart.js'
export { confusionHeatmap, type ConfusionHeatmapData } from './heatmap.js'
export { type Row as ChartRow, type RowGroup } from './rows.js'
export { stackedBarChart, type StackedBar, type StackedBarChartData } from './stacked-bar-chart.js'
