import { isJsonObject, type JsonObject } from '../../../io/json';
import { metricFacts } from '../../evaluations';
import {
  collapseNote,
  describeSummary,
  formatCount,
  formatValue,
  metricsOf,
  summarizeMetric,
} from '../../summary';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';
import type { Curve } from '../thin';
import { warningsOf } from '../warnings';

/** What the head of a page shows of a run. */
export type OverviewData = Omit<RunData, 'directory' | 'samples' | 'pictures'>;

/** The head of the page: what was trained, how far it came, and what a reader must know first. */
export function overviewSection(run: OverviewData): Html {
  const warnings = [
    ...gameSentences(run),
    ...collapseSentences(run),
    ...notFiniteSentences(run),
    ...alarmSentences(run),
  ];
  return html`<header>
<p class="kind">Training report</p>
<h1>${run.name}</h1>
<p class="about">${aboutLine(run.config)}</p>
<dl class="key">${keyFigures(run).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${warnings.length > 0 ? html`<div class="warning" role="note">${warnings.map((text) => html`<p>${text}</p>`)}</div>` : ''}
${run.notes.map((note) => html`<p class="hint">${note}</p>`)}
</header>
`;
}

/** The steps the run is to reach, where its configuration says so. */
export function plannedSteps({ config }: Pick<RunData, 'config'>): number | undefined {
  const steps = settingsOf(config).steps;
  return typeof steps === 'number' ? steps : undefined;
}

function settingsOf(config: JsonObject): JsonObject {
  return isJsonObject(config.settings) ? config.settings : {};
}

/** Recipe, data, size, device, precision and seed, as far as the configuration says. */
export function aboutLine(config: JsonObject): string {
  const { recipe, dataset } = settingsOf(config);
  const { specs } = isJsonObject(config.dataset) ? config.dataset : {};
  const [images] = isJsonObject(specs) ? Object.values(specs) : [];
  const size = isJsonObject(images) ? `${images.channels}×${images.height}×${images.width}` : undefined;
  const seed = config.seed === undefined ? undefined : `seed ${config.seed}`;
  const parts = [recipe, dataset, size, config.device, config.precision, seed];
  return parts.filter((part) => part !== undefined && part !== null).join(' · ');
}

/** How far a run came, how fast, and what it is worth: names with values. */
export function keyFigures(run: OverviewData): [string, string][] {
  const { metrics, evaluations } = run;
  const { lastStep } = metrics;
  const planned = plannedSteps(run);
  const of = planned !== undefined && planned > lastStep ? ` of ${formatCount(planned)}` : '';
  const figures: [string, string][] = [['Steps', `${formatCount(lastStep)}${of}`]];
  const seen = metrics.curves.get('imagesSeen');
  const last = seen?.y.at(-1);
  if (typeof last === 'number') figures.push(['Images seen', formatCount(last)]);
  const speed = metrics.curves.get('imagesPerSecond');
  const speeds = speed?.y.filter((value) => value !== null && value > 0) ?? [];
  if (speeds.length > 0) figures.push(['Images a second', `${formatCount(median(speeds))} in the median`]);
  const seconds = speed && seen ? stepSeconds(speed, seen) : 0;
  if (seconds > 0) figures.push(['Time in steps', formatDuration(seconds)]);
  const [metric] = metricsOf(evaluations);
  const summary = metric === undefined ? undefined : summarizeMetric(evaluations, metric);
  if (summary) figures.push([metricFacts(summary.metric).label, describeSummary(summary)]);
  const { threshold: found } = run;
  if (found)
    figures.push(
      ['Threshold', `${formatValue(found.threshold)} for ${percent(found.falseAlarms)} false alarms`],
      ['Learned images above it', percent(found.learnedAbove)],
    );
  return figures;
}

/** Time by the images and the speed of every logged stretch. */
function stepSeconds(speed: Curve, seen: Curve): number {
  const imagesAt = new Map(seen.x.map((step, at) => [step, seen.y[at] ?? 0]));
  let before = 0;
  return speed.x.reduce((sum, step, at) => {
    const rate = speed.y[at];
    const images = imagesAt.get(step) ?? before;
    const stretch = images - before;
    before = images;
    return rate === null || rate <= 0 ? sum : sum + stretch / rate;
  }, 0);
}

/** E.g. `40 s`, `12 min`, `3 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${formatCount(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function median(values: readonly (number | null)[]): number {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function gameSentences({ config }: OverviewData): string[] {
  return warningsOf(config).map(({ text, over }) => {
    const sentence = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
    return over === undefined ? sentence : `${sentence} It was over at step ${formatCount(over)}.`;
  });
}

function collapseSentences({ evaluations, bestStep }: OverviewData): string[] {
  return metricsOf(evaluations).flatMap((metric) => {
    const note = collapseNote(evaluations, metric);
    if (note === undefined) return [];
    const isKept = bestStep !== undefined && summarizeMetric(evaluations, metric)?.best?.step === bestStep;
    return [isKept ? `${note}: best/ has those weights.` : `${note}.`];
  });
}

/** So many times the false alarms that are allowed are no chance. */
const ALARMING = 2;

/** What is learned lies below the threshold as held-out images do, unless it is of another kind. */
function alarmSentences({ threshold: found }: OverviewData): string[] {
  if (!found || found.learnedAbove <= ALARMING * found.falseAlarms) return [];
  return [
    `${percent(found.learnedAbove)} of the learned images lie above the threshold, where ${percent(found.falseAlarms)} are expected: they may hold what should be found.`,
  ];
}

function percent(share: number): string {
  return `${formatValue(100 * share)} %`;
}

function notFiniteSentences({ metrics }: OverviewData): string[] {
  return [...metrics.notFinite].map(([name, count]) => {
    const values = count === 1 ? '1 value that is' : `${formatCount(count)} values that are`;
    return `${name} has ${values} not finite (NaN or infinity), shown as gaps.`;
  });
}
