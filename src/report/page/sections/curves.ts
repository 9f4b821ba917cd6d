import { type Html, html } from '../html';
import type { Metrics } from '../metrics';
import { type Curve, thin } from '../thin';
import type { ChartFigure, Charts } from './figure';

/** Curves that share a chart. */
interface Group {
  readonly title: string;
  readonly note: string;
  readonly range: ChartFigure['chart']['range'];
  readonly reference?: number;
  readonly logarithmic: boolean;
}

const LOSSES: Group = {
  title: 'Losses',
  note: 'mean over the batch, at logged steps',
  range: [null, null],
  logarithmic: true,
};
const SPEED: Group = {
  title: 'Speed',
  note: 'real images a second',
  range: [0, null],
  logarithmic: false,
};
const STAGE: Group = {
  title: 'Stage',
  note: 'which of the training’s stages the step was in',
  range: [0, null],
  logarithmic: false,
};
const RATES: Group = {
  title: 'Learning rates',
  note: 'times the schedule’s factor, of the update after each logged step',
  range: [0, null],
  logarithmic: false,
};
const PROBABILITIES: Group = {
  title: 'What the discriminator says',
  note: 'mean probability of “real”; 0.5 for both means that it cannot tell',
  range: [0, 1],
  reference: 0.5,
  logarithmic: false,
};
const SCORES: Group = {
  title: 'What the critic says',
  note: 'mean score; only their difference means something',
  range: [null, null],
  logarithmic: false,
};

/** Runs of fewer lines are shown as they are. */
const SMOOTHED_FROM = 50;
const SMOOTHING = 0.6;

/** The curves of `metrics.jsonl`, a chart a group; undefined where there are none. */
export function curvesSection(metrics: Metrics, charts: Charts): Html | undefined {
  return trainingSection(curveFigures(metrics.curves), charts);
}

/** A chart for each group of curves. */
export function curveFigures(curves: Metrics['curves']): ChartFigure[] {
  return [...groupCurves(curves)].map(([group, members]) => trainingChart(group, members));
}

/** Charts of a training, with what changes how they are drawn; undefined where there are none. */
export function trainingSection(figures: readonly ChartFigure[], charts: Charts): Html | undefined {
  if (figures.length === 0) return undefined;
  const most = Math.max(...figures.flatMap(({ chart }) => chart.series.map(({ x }) => x.length)));
  const smoothing = most >= SMOOTHED_FROM ? SMOOTHING : 0;
  return html`<section data-charts aria-labelledby="training">
<h2 id="training">Training</h2>
<div class="controls" hidden>
<label>Smoothing <input type="range" min="0" max="0.99" step="0.01" value="${smoothing}"> <output>${smoothing.toFixed(2)}</output></label>
<label><input type="checkbox"> Logarithmic losses</label>
</div>
<div class="grid">${figures.map((figure) => charts.add(figure, smoothing))}</div>
</section>
`;
}

function groupCurves(curves: Metrics['curves']): Map<Group, [string, Curve][]> {
  const groups = new Map<Group, [string, Curve][]>();
  const named = new Map<string, Group>();
  for (const [name, curve] of curves) {
    if (name === 'imagesSeen') continue;
    const group = groupOf(name, { curves, named });
    const members = groups.get(group) ?? [];
    members.push([name, curve]);
    groups.set(group, members);
  }
  const order = [LOSSES, PROBABILITIES, SCORES, ...named.values(), RATES, STAGE, SPEED];
  return new Map([...groups].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** `D(real)` and `D(fake)` belong together, `name/part` to its name, and what has no such form is a loss. */
function groupOf(
  name: string,
  { curves, named }: { curves: Metrics['curves']; named: Map<string, Group> },
): Group {
  if (name === 'imagesPerSecond') return SPEED;
  if (name === 'stage') return STAGE;
  if (isVerdict(name)) {
    const verdicts = [...curves].filter(([other]) => isVerdict(other)).flatMap(([, { y }]) => y);
    return verdicts.every((value) => value === null || (value >= 0 && value <= 1)) ? PROBABILITIES : SCORES;
  }
  const [prefix, rest] = name.split('/', 2);
  if (rest === undefined) return LOSSES;
  if (prefix === 'learningRate') return RATES;
  const group = named.get(prefix) ?? { ...LOSSES, title: prefix };
  named.set(prefix, group);
  return group;
}

function isVerdict(name: string): boolean {
  return /\((?:real|fake)\)$/.test(name);
}

function trainingChart(group: Group, curves: readonly [string, Curve][]): ChartFigure {
  const { title, note, range, reference, logarithmic } = group;
  const series = curves.map(([name, curve], at) => {
    const { x, y } = thin(curve);
    const style = { color: at % 6, dash: Math.floor(at / 6) % 4, dots: false, note: '' };
    return { label: group === SPEED ? 'images/s' : name, x, y: y.map(rounded), ...style };
  });
  const chart = { title, series, marks: [], range, reference, logarithmic, smoothable: true };
  return { chart, note, height: group === LOSSES ? 280 : 220 };
}

/** Seven digits: a float32 has no more. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(7));
}
