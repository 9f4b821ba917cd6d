import { type ComparableRows, groupByProtocol, metricFacts } from '../../evaluations';
import {
  formatCount,
  formatMeasured,
  type Measured,
  metricsOf,
  summarizeMetric,
  valuesOf,
} from '../../summary';
import type { Mark, Series } from '../chart/chart';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';
import { evenly, MOST_POINTS } from '../thin';
import { evaluationsTable } from './evaluations';
import type { ChartFigure, Charts } from './figure';
import { protocolLetter, protocolsTable } from './protocol';

/** Metrics that are read together share a chart. */
const TOGETHER = [
  ['precision', 'recall'],
  ['density', 'coverage'],
  ['diversity', 'realDiversity'],
];

const NOTES: Readonly<Record<string, string>> = {
  fid: 'Fréchet distance to real images; lower is better',
  kid: 'kernel distance to real images, unbiased; lower is better',
  is: 'exp of the information between image and class; higher is better',
  precision: 'precision: share of samples that look real; recall: share of real images that samples reach',
  density: 'density: how many real neighbourhoods hold a sample; coverage: share of them that do',
  diversity: 'mean distance of two samples; to be compared with that of two real images',
  ppl: 'how much images change along a path between two latents; lower is better',
  bitsPerDimension: 'upper bound by the ELBO; lower is better',
};

/** Metrics over steps, every evaluation, and how each was made. */
export function metricsSection({ evaluations }: RunData, charts: Charts): Html {
  if (evaluations.length === 0)
    return html`<section aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
<p class="hint">This run has not been evaluated: loss curves do not say whether a generator is good.</p>
</section>
`;
  const groups = groupByProtocol(evaluations);
  const figures = together(metricsOf(evaluations)).map((names) => chartOf(names, groups));
  return html`<section data-charts aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
${groups.length > 1 ? html`<p class="hint">Measured by ${groups.length} protocols. Values of different protocols cannot be compared: each has its own lines and its own best.</p>` : ''}
<div class="controls" hidden><label><input type="checkbox"> Logarithmic</label></div>
<div class="grid">${figures.map((figure) => charts.add(figure))}</div>
<p class="hint">Error bars are one standard error. Rings mark the best step.</p>
${evaluationsTable(groups)}
${protocolsTable(groups)}
</section>
`;
}

function together(names: readonly string[]): string[][] {
  const pairs = TOGETHER.map((pair) => pair.filter((name) => names.includes(name)));
  const paired = new Set(pairs.flat());
  const firsts = names.filter((name) => !paired.has(name) || pairs.some(([first]) => first === name));
  return firsts.map((name) => pairs.find(([first]) => first === name) ?? [name]);
}

function chartOf(names: readonly string[], groups: readonly ComparableRows[]): ChartFigure {
  const [first] = names;
  const lines = names.flatMap((name, at) =>
    groups.flatMap((group, number) => {
      const { label } = metricFacts(name);
      const values = sparse(valuesOf(group.rows, name));
      const style = { color: (names.length > 1 ? at : number) % 6, dash: number % 4 };
      const full = groups.length > 1 ? `${label}, protocol ${protocolLetter(number)}` : label;
      const best = bestMark({
        name,
        group,
        label: full,
        color: style.color,
        isOnly: names.length === 1 && groups.length === 1,
      });
      return values.length === 0 ? [] : [{ series: { label: full, ...style, ...columns(values) }, best }];
    }),
  );
  const labels = names.map((name) => metricFacts(name).label);
  const title = labels.map((label, at) => (at > 0 ? label.charAt(0).toLowerCase() + label.slice(1) : label));
  const ranges = names.map((name) => metricFacts(name).range);
  const chart = {
    title: title.join(' and '),
    series: lines.map(({ series }) => series),
    marks: lines.flatMap(({ best }) => best ?? []),
    range: [ranges[0][0], ranges.every(([, end]) => end === ranges[0][1]) ? ranges[0][1] : null] as const,
    smoothable: false,
    logarithmic: true,
  };
  return { chart, note: Object.hasOwn(NOTES, first) ? NOTES[first] : '', height: 220 };
}

function sparse(values: readonly Measured[]): Measured[] {
  return evenly(values.length, MOST_POINTS).map((at) => values[at]);
}

function columns(values: readonly Measured[]): Pick<Series, 'x' | 'y' | 'error' | 'dots'> {
  const hasErrors = values.some(({ error }) => error !== undefined);
  return {
    x: values.map(({ step }) => step),
    y: values.map(({ value }) => value),
    ...(hasErrors && { error: values.map(({ error }) => error ?? null) }),
    dots: values.length <= 60,
  };
}

function bestMark(of: {
  name: string;
  group: ComparableRows;
  label: string;
  color: number;
  isOnly: boolean;
}): Mark | undefined {
  const summary = summarizeMetric(of.group.rows, of.name);
  if (!summary?.best || summary.values.length < 2) return undefined;
  const { step, value } = summary.best;
  const what = of.isOnly ? 'best' : `best ${of.label.charAt(0).toLowerCase()}${of.label.slice(1)}`;
  return {
    x: step,
    y: value,
    color: of.color,
    label: `${what} ${formatMeasured(summary.best)} at step ${formatCount(step)}`,
  };
}
