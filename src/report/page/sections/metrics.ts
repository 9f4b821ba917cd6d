import { type ComparableRows, groupByProtocol, metricFacts, ofCopy, ofMean } from '../../evaluations';
import {
  formatCount,
  formatMeasured,
  type Measured,
  metricsOf,
  summarizeMetric,
  valuesOf,
} from '../../summary';
import type { Series } from '../chart/chart';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';
import { evenly, MOST_POINTS } from '../thin';
import { evaluationsTable } from './evaluations';
import type { ChartFigure, Charts } from './figure';
import { protocolLetter, protocolsTable } from './protocol';

/** Metrics that are read together share a chart. */
const TOGETHER: readonly Together[] = [
  { title: 'Precision and recall', names: ['precision', 'recall'] },
  { title: 'Density and coverage', names: ['density', 'coverage'] },
  { title: 'Diversity', names: ['diversity', 'realDiversity'] },
  { title: 'Purity, information and accuracy of the code', names: ['purity', 'nmi', 'assigned'] },
  { title: 'Bounds on ln p(x)', names: ['elbo', 'iwae'] },
  { title: 'Mean square and absolute error', names: ['mse', 'mae'] },
];

const NOTES: Readonly<Record<string, string>> = {
  fid: 'Fréchet distance to real images; lower is better',
  kid: 'kernel distance to real images, unbiased; lower is better',
  is: 'exp of the information between image and class; higher is better',
  precision: 'precision: share of samples that look real; recall: share of real images that samples reach',
  density: 'density: how many real neighbourhoods hold a sample; coverage: share of them that do',
  diversity: 'mean distance of two samples; to be compared with that of two real images',
  accuracy: 'share of samples that the classifier takes for what they were made as; higher is better',
  purity:
    'purity: share of samples of the class most frequent for their code; NMI: information of code and class; accuracy: share of samples of their code’s class, where each value has a class of its own',
  intraFid: 'mean over classes of the Fréchet distance of their images to real ones; lower is better',
  authenticity:
    'share of samples that are no near copies of training images; to be compared with that of held-out images',
  ppl: 'how much images change along a path between two latents; lower is better',
  elbo: 'evidence and importance-weighted lower bounds, in nats an image; higher is better',
  iwae: 'importance-weighted lower bound, in nats an image; higher is better',
  bitsPerDimension: 'upper bound by the ELBO; lower is better',
  mse: 'of reconstructions of real images in [−1, 1]; lower is better',
  psnr: 'peak signal to noise, in dB; higher is better',
  l1: 'mean absolute distance to what should be made, of colours in [−1, 1]; lower is better',
  ssim: 'likeness in structure to what should be made; higher is better',
  lpips: 'distance to what should be made in the maps of a feature network; lower is better',
};

/** Metrics over steps, every evaluation, and how each was made. */
export function metricsSection({ evaluations }: Pick<RunData, 'evaluations'>, charts: Charts): Html {
  if (evaluations.length === 0)
    return html`<section aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
<p class="hint">This run has not been evaluated: loss curves do not say whether a generator is good.</p>
</section>
`;
  const groups = groupByProtocol(evaluations);
  const metrics = metricsOf(evaluations);
  const figures = together(metrics).map((one) => chartOf(one, groups));
  const [[metric, baseLine] = []] = withBaseLine(metrics);
  const what = metric !== undefined && baseLine === ofMean(metric) ? MEANS : 'Copies of the input';
  const beside = metric === undefined ? '' : ` ${what} are a base line beside them.`;
  return html`<section data-charts aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
${groups.length > 1 ? html`<p class="hint">Measured by ${groups.length} protocols. Values of different protocols cannot be compared: each has its own lines and its own best.${beside}</p>` : ''}
<div class="controls" hidden><label><input type="checkbox"> Logarithmic</label></div>
<div class="grid">${figures.map((figure) => charts.add(figure))}</div>
<p class="hint">Error bars are one standard error. Rings mark the best step.</p>
${evaluationsTable(groups)}
${protocolsTable(groups)}
</section>
`;
}

const MEANS = 'Holes in the mean colour of the rest';

interface Together {
  readonly title: string;
  readonly names: readonly string[];
}

/** Those that a base line was judged by, too: what is made beside it. */
function withBaseLine(metrics: readonly string[]): (readonly [metric: string, baseLine: string])[] {
  return metrics.flatMap((metric) =>
    [ofCopy(metric), ofMean(metric)]
      .filter((other) => metrics.includes(other))
      .map((other) => [metric, other] as const),
  );
}

/** The metrics of each chart, in the order of the first of them: a metric and its base line share one. */
function together(metrics: readonly string[]): Together[] {
  const charts = new Map<Together | string, Together>();
  const withBaseLines = withBaseLine(metrics).map((names) => ({
    title: metricFacts(names[0]).label,
    names,
  }));
  for (const metric of metrics) {
    const shared = [...withBaseLines, ...TOGETHER].find(({ names }) => names.includes(metric));
    const own = { title: metricFacts(metric).label, names: [metric] };
    charts.set(
      shared ?? metric,
      shared ? { ...shared, names: shared.names.filter((name) => metrics.includes(name)) } : own,
    );
  }
  return [...charts.values()];
}

function chartOf({ title, names }: Together, groups: readonly ComparableRows[]): ChartFigure {
  const lines = names.flatMap((name, at) =>
    groups.flatMap(({ rows }, number) => {
      const values = sparse(valuesOf(rows, name));
      if (values.length === 0) return [];
      const style = { color: (names.length > 1 ? at : number) % 6, dash: number % 4 };
      const label = lineLabel(metricFacts(name).label, {
        number,
        isOnly: names.length === 1,
        of: groups.length,
      });
      const best = bestOf(rows, name);
      const note = best ? `best ${formatMeasured(best)} at step ${formatCount(best.step)}` : '';
      const mark = best && { x: best.step, y: best.value, color: style.color };
      return [{ series: { label, note, ...style, ...columns(values) }, mark }];
    }),
  );
  const ranges = names.map((name) => metricFacts(name).range);
  const ceiling = ranges.every(([, end]) => end === ranges[0][1]) ? ranges[0][1] : null;
  const chart = {
    title,
    series: lines.map(({ series }) => series),
    marks: lines.flatMap(({ mark }) => mark ?? []),
    range: [ranges[0][0], ceiling] as const,
    smoothable: false,
    logarithmic: true,
  };
  const [first] = names;
  return { chart, note: Object.hasOwn(NOTES, first) ? NOTES[first] : '', height: 220 };
}

function lineLabel(
  metric: string,
  { number, isOnly, of }: { number: number; isOnly: boolean; of: number },
): string {
  if (of === 1) return metric;
  return isOnly ? `Protocol ${protocolLetter(number)}` : `${metric}, protocol ${protocolLetter(number)}`;
}

/** One value is no best. */
function bestOf(rows: ComparableRows['rows'], metric: string): Measured | undefined {
  const summary = summarizeMetric(rows, metric);
  return summary && summary.values.length > 1 ? summary.best : undefined;
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
