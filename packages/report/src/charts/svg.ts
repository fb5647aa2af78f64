import { BarChart, CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/** Okabe and Ito's colours, told apart with any colour vision; dark ones first, for print. */
export const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const

/** What every chart shares: white paper, dark text, no motion. */
export const CHART_STYLE = {
  animation: false,
  backgroundColor: '#ffffff',
  color: [...PALETTE],
  textStyle: { fontFamily: 'sans-serif', color: '#222222' },
} satisfies EChartsCoreOption

/** One self-contained SVG document, drawn without a browser. */
export function renderSvg(option: EChartsCoreOption, width: number, height: number): string {
  // Here, not on import: repeated calls change nothing, and a program that draws nothing registers nothing.
  use([BarChart, CustomChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(option)
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}
