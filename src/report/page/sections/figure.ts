import type { Chart, Series } from '../chart/chart';
import { drawChart } from '../chart/draw';
import { formatReading, lastReading } from '../chart/scale';
import { Html, html } from '../html';

/** A chart with its place in the page. */
export interface ChartFigure {
  readonly chart: Chart;
  /** What its values are, in a few words. */
  readonly note: string;
  /** Pixels. */
  readonly height: number;
}

/** Drawn for this width; the page's script draws it anew for the reader's. */
const STILL_WIDTH = 720;

/** The charts of a page, in the order of their numbers in it. */
export class Charts {
  readonly all: Chart[] = [];

  /** A figure: title, a legend that tells the last values, and the drawing. */
  add({ chart, note, height }: ChartFigure, smoothing = 0): Html {
    const view = { width: STILL_WIDTH, height, log: false, smoothing };
    const drawing = new Html(drawChart(chart, view));
    return html`<figure class="chart" data-chart="${this.all.push(chart) - 1}">
<figcaption><h3>${chart.title}</h3><span class="at"></span><p>${note}</p></figcaption>
<ul class="legend">${chart.series.map(legendLine)}</ul>
<div class="plot"><svg viewBox="0 0 ${STILL_WIDTH} ${height}" height="${height}" role="img" aria-label="${describe(chart)}">${drawing}</svg></div>
</figure>
`;
  }
}

function legendLine({ label, note, color, dash, y }: Series): Html {
  return html`<li><svg width="22" height="8" aria-hidden="true"><path class="line c${color} d${dash}" d="M1 4H21"/></svg>
<span class="name">${label}</span> <span class="value">${lastReading(y)}</span> <span class="note">${note}</span></li>`;
}

function describe({ title, series }: Chart): string {
  const lines = series.map(({ label, note, x, y }) => {
    const values = y.filter((value) => value !== null);
    if (values.length === 0) return `${label} without values`;
    const [low, high] = [Math.min, Math.max].map((end) => formatReading(values.reduce((a, b) => end(a, b))));
    return `${label} from step ${x[0]} to ${x.at(-1)}, between ${low} and ${high}, last ${lastReading(y)}${note && `, ${note}`}`;
  });
  return `${title}: ${lines.join('; ')}`;
}
