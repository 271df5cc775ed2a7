// The chart island. It draws on a canvas: ECharts' SVG writes style attributes, which the pages' policy refuses. The tooltip is
// drawn there too ("richText"), as its HTML form carries styles as well. Words and figures come from the server, in the reader's language.
import { BarChart, type BarSeriesOption, LineChart, type LineSeriesOption } from "echarts/charts";
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from "echarts/components";
import { type ComposeOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { followLook, type Look, lookOf } from "./look";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Option = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

/** One row of figures, as `/api/v1/…` answers it. `hrefs` lead to what is behind each figure. */
interface Series {
  name: string;
  tone: string;
  values: (number | null)[];
  hrefs: string[];
  /** Points that are not joined: they stand for units, not for days. */
  dots?: boolean;
}

export interface ChartData {
  kind: "bars" | "lines";
  percent: boolean;
  labels: string[];
  series: Series[];
}

// Lines are told apart by their marks too, not by colour alone.
const MARKS = ["circle", "triangle", "rect", "diamond"];

/** Makes room for a chart, and answers what draws figures there, for the first time or anew. */
export function mount(element: HTMLElement): (data: ChartData) => void {
  // Sharp on paper and in pictures too, whatever the display has.
  const chart = init(element, undefined, { devicePixelRatio: Math.max(2, devicePixelRatio) });
  let data: ChartData | undefined;
  const draw = (): void => {
    if (data) chart.setOption(optionOf(data, lookOf(element), chart.getWidth()), { notMerge: true });
  };
  chart.on("click", (event) => {
    const href = data?.series[event.seriesIndex ?? -1]?.hrefs[event.dataIndex];
    if (href) location.assign(href);
  });
  const stopFollowing = followLook(draw);
  // Paper has another size and other colours, and is printed before anything is drawn by itself.
  const paper = matchMedia("print");
  const drawOnPaper = (): void => {
    chart.resize();
    draw();
    chart.getZr().flush();
  };
  paper.addEventListener("change", drawOnPaper);
  const sized = new ResizeObserver(() => {
    if (element.isConnected) {
      chart.resize();
      draw();
      return;
    }
    // The page has replaced the element: nothing of the chart is to stay.
    sized.disconnect();
    stopFollowing();
    paper.removeEventListener("change", drawOnPaper);
    chart.dispose();
  });
  sized.observe(element);
  return (figures) => {
    data = figures;
    draw();
  };
}

function optionOf(data: ChartData, look: Look, width: number): Option {
  // Names below each other where they would not stand side by side.
  const stacked = width < data.series.length * look.small * 10;
  const legendLines = stacked ? data.series.length : 1;
  const text = { color: look.soft, fontFamily: look.font, fontSize: look.small };
  return {
    animation: !look.still,
    animationDuration: 240,
    textStyle: text,
    grid: { left: 0, right: look.small * 0.5, top: look.small * (1 + 1.6 * legendLines), bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { orient: stacked ? "vertical" : "horizontal", top: 0, left: 0, padding: 0, itemGap: look.small * (stacked ? 0.4 : 1), itemWidth: look.small * 1.6, itemHeight: look.small, icon: data.kind === "bars" ? "roundRect" : "inherit", textStyle: { ...text, color: look.ink } },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: look.ground,
      borderColor: look.line,
      textStyle: { ...text, color: look.ink },
      valueFormatter: (value) => figure(value, data.percent),
    },
    xAxis: {
      type: "category",
      data: data.labels,
      boundaryGap: data.kind === "bars",
      axisLine: { lineStyle: { color: look.line } },
      axisTick: { show: false },
      // The outermost stand within the chart: nothing is left empty for their halves.
      axisLabel: { ...text, hideOverlap: true, ...(data.kind === "lines" ? { alignMinLabel: "left", alignMaxLabel: "right" } : {}) },
    },
    yAxis: {
      type: "value",
      min: 0,
      ...(data.percent ? { max: 100 } : { minInterval: 1 }),
      splitLine: { lineStyle: { color: look.line } },
      axisLabel: { ...text, formatter: (value: number) => figure(value, data.percent) },
    },
    series: data.series.map((row, number) => seriesOf(row, number, data, look)),
  };
}

function seriesOf(row: Series, number: number, data: ChartData, look: Look): BarSeriesOption | LineSeriesOption {
  const colour = look.colours[row.tone] ?? look.ink;
  const cursor = row.hrefs.length ? "pointer" : "default";
  if (data.kind === "bars") {
    return { type: "bar", name: row.name, data: row.values, color: colour, cursor, barGap: "10%", itemStyle: { borderRadius: [2, 2, 0, 0] } };
  }
  return {
    type: "line",
    name: row.name,
    data: row.values,
    color: colour,
    cursor,
    symbol: MARKS[number % MARKS.length] ?? "circle",
    symbolSize: look.small / 2,
    connectNulls: false,
    ...(row.dots ? { lineStyle: { width: 0 }, symbolSize: look.small * 0.8 } : {}),
  };
}

function figure(value: unknown, percent: boolean): string {
  if (typeof value !== "number") return "–";
  return percent ? `${Math.round(value)}%` : value.toLocaleString(document.documentElement.lang);
}
