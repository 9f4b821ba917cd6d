import { type Chart, type Mark, type Series, smooth, type View } from './chart';
import { formatTick, linearScale, logScale, type Scale } from './scale';

/** Where a chart's things are, in pixels. */
export interface Layout {
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const FONT_WIDTH = 6.6;
const MARGIN = { top: 12, right: 14, bottom: 26, gap: 8 };

/** The scales of a chart; null where it has no value that can be shown. */
export function layoutOf(chart: Chart, view: View): Layout | null {
  const steps = chart.series.flatMap(({ x, y }) => x.filter((_, at) => isShown(y[at], view)));
  const extent = valueExtent(chart, view);
  if (steps.length === 0 || !extent) return null;
  const top = MARGIN.top;
  const bottom = view.height - MARGIN.bottom;
  const vertical = { domain: extent, pixels: [bottom, top], count: (bottom - top) / 36 } as const;
  const y = view.log ? logScale(vertical) : linearScale(vertical);
  const labels = y.ticks.map((tick) => formatTick(tick).length * FONT_WIDTH);
  const left = Math.ceil(Math.max(24, ...labels)) + MARGIN.gap;
  const right = view.width - MARGIN.right;
  const first = least(steps);
  const last = -least(steps.map((step) => -step));
  const domain = first < last ? ([first, last] as const) : ([first - 1, last + 1] as const);
  const x = linearScale({ domain, pixels: [left + 4, right], count: (right - left) / 90 });
  return { x, y, left, right, top, bottom };
}

/** `Math.min` of a list of any length: as arguments they would have to fit on the stack. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function isShown(value: number | null, { log }: View): value is number {
  return value !== null && (!log || value > 0);
}

function valueExtent(chart: Chart, view: View): readonly [number, number] | null {
  const values = chart.series.flatMap(({ y, error }) =>
    y.flatMap((value, at) => {
      const bar = error?.[at] ?? 0;
      return value === null ? [] : [value - bar, value + bar].filter((end) => isShown(end, view));
    }),
  );
  if (values.length === 0) return null;
  const low = least(values);
  const high = -least(values.map((value) => -value));
  if (view.log) return low < high ? [low / 1.1, high * 1.1] : [low / 2, high * 2];
  const pad = low < high ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  const [floor, ceiling] = chart.range;
  // From 0 where that costs little of the height: lengths can be compared then.
  const bottom =
    floor !== null && (ceiling !== null || low - floor < 0.6 * (high - floor)) ? floor : low - pad;
  return [Math.min(bottom, low), Math.max(ceiling ?? high + pad, high)];
}

/** The drawing of a chart, as the content of an `svg` element of the view's size. Holds no text of the run. */
export function drawChart(chart: Chart, view: View): string {
  const layout = layoutOf(chart, view);
  if (!layout)
    return `<text class="empty" x="${view.width / 2}" y="${view.height / 2}">no value ${view.log ? 'above 0' : 'yet'}</text>`;
  const lines = chart.series.map((series) =>
    drawSeries(series, { layout, view, isSmooth: chart.smoothable }),
  );
  return [
    drawAxes(layout),
    chart.reference === undefined ? '' : drawReference(chart.reference, layout),
    ...lines,
    ...chart.marks.map((mark) => drawMark(mark, layout)),
  ].join('');
}

function drawAxes({ x, y, left, right, bottom }: Layout): string {
  const rows = y.ticks.map(
    (tick) =>
      `<path class="grid" d="M${left} ${px(y.at(tick))}H${right}"/>` +
      `<text class="tick y" x="${left - 6}" y="${px(y.at(tick) + 3.5)}">${formatTick(tick)}</text>`,
  );
  const columns = x.ticks.map(
    (tick) =>
      `<text class="tick x" x="${px(labelPlace(tick, { x, right }))}" y="${bottom + 18}">${formatTick(tick)}</text>`,
  );
  const axis = `<path class="axis" d="M${left} ${bottom}H${right}"/><text class="tick y" x="${left - 6}" y="${bottom + 18}">step</text>`;
  return rows.join('') + axis + columns.join('');
}

/** The middle of a step's label: below its step, but where that would cut it off at the drawing's edge. */
function labelPlace(tick: number, { x, right }: Pick<Layout, 'x' | 'right'>): number {
  const half = (formatTick(tick).length * FONT_WIDTH) / 2;
  return Math.min(x.at(tick), right + MARGIN.right - half);
}

function drawReference(value: number, { y, left, right }: Layout): string {
  const place = y.at(value);
  return Number.isFinite(place) ? `<path class="reference" d="M${left} ${px(place)}H${right}"/>` : '';
}

function drawSeries(
  series: Series,
  { layout, view, isSmooth }: { layout: Layout; view: View; isSmooth: boolean },
): string {
  const style = `c${series.color} d${series.dash}`;
  const line = (y: readonly (number | null)[], kind: string) =>
    `<path class="line ${kind} ${style}" d="${pathOf(series.x, y, layout)}"/>`;
  const drawn =
    isSmooth && view.smoothing > 0
      ? line(series.y, 'raw') + line(smooth(series.y, view.smoothing), 'smoothed')
      : line(series.y, 'measured');
  return drawErrors(series, layout) + drawn + (series.dots ? drawDots(series, layout) : '');
}

/** Lines between neighbours; a point between two gaps becomes a dot by the line's round caps. */
function pathOf(steps: readonly number[], values: readonly (number | null)[], { x, y }: Layout): string {
  let isOn = false;
  return steps
    .map((step, at) => {
      const value = values[at];
      const place = value === null ? Number.NaN : y.at(value);
      const point = `${px(x.at(step))} ${px(place)}`;
      const wasOn = isOn;
      isOn = Number.isFinite(place);
      if (!isOn) return '';
      return wasOn ? `L${point}` : `M${point}h0`;
    })
    .join('');
}

function drawErrors({ x: steps, y: values, error, color }: Series, { x, y, bottom }: Layout): string {
  if (!error) return '';
  const bars = steps.map((step, at) => {
    const value = values[at];
    const bar = error[at];
    if (value === null || bar === null || !Number.isFinite(y.at(value))) return '';
    const place = x.at(step);
    const high = y.at(value + bar);
    const low = Number.isFinite(y.at(value - bar)) ? y.at(value - bar) : bottom;
    const cap = (end: number) => `M${px(place - 3)} ${px(end)}h6`;
    return `M${px(place)} ${px(high)}V${px(low)}${cap(high)}${cap(low)}`;
  });
  return `<path class="error c${color}" d="${bars.join('')}"/>`;
}

function drawDots({ x: steps, y: values, color }: Series, { x, y }: Layout): string {
  const dots = steps.map((step, at) => {
    const value = values[at];
    const place = value === null ? Number.NaN : y.at(value);
    return Number.isFinite(place)
      ? `<circle class="dot c${color}" cx="${px(x.at(step))}" cy="${px(place)}" r="2.5"/>`
      : '';
  });
  return dots.join('');
}

function drawMark({ x: step, y: value, color }: Mark, { x, y, top, bottom }: Layout): string {
  const [across, down] = [px(x.at(step)), px(y.at(value))];
  if (!Number.isFinite(y.at(value))) return '';
  return (
    `<path class="mark c${color}" d="M${across} ${top}V${bottom}"/>` +
    `<circle class="ring c${color}" cx="${across}" cy="${down}" r="5.5"/>`
  );
}

/** What the pointer reads: a line at a step, and a dot on every series that has a value there. */
export function drawCursor(
  step: number,
  dots: readonly { readonly x: number; readonly y: number; readonly color: number }[],
  { x, y, top, bottom }: Layout,
): string {
  const shown = dots.filter((dot) => Number.isFinite(y.at(dot.y)));
  return (
    `<path class="hair" d="M${px(x.at(step))} ${top}V${bottom}"/>` +
    shown
      .map(
        (dot) =>
          `<circle class="read c${dot.color}" cx="${px(x.at(dot.x))}" cy="${px(y.at(dot.y))}" r="3.5"/>`,
      )
      .join('')
  );
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
