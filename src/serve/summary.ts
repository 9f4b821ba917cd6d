import { messageOf } from '../errors';
import { metricFacts } from '../report/evaluations';
import { aboutLine, keyFigures, plannedSteps } from '../report/page/sections/overview';
import type { GridAddress, RunSummary } from '../report/page/wire';
import { formatRate } from '../report/progress';
import { describeSummary, formatCount, metricsOf, summarizeMetric } from '../report/summary';
import type { LiveGrid } from './live-grids';
import type { LiveRun } from './live-run';

/** A run in a line, as it was last polled, whatever its files say. */
export function summaryOf(run: LiveRun): RunSummary {
  try {
    return summarize(run);
  } catch (error) {
    const { id, name, status } = run;
    const nothing = { about: '', step: 0, steps: '–', speed: '–', metric: '–', figures: [], grid: null };
    return { id, name, status, ...nothing, problem: messageOf(error) };
  }
}

function summarize(run: LiveRun): RunSummary {
  const { id, name, status, metrics, facts, grids, problem = null } = run;
  const planned = plannedSteps(facts);
  const step = metrics.lastStep;
  const speed = metrics.curves.get('imagesPerSecond')?.y.at(-1);
  const [metric] = metricsOf(facts.evaluations);
  const summary = metric === undefined ? undefined : summarizeMetric(facts.evaluations, metric);
  const newest = grids.all.at(-1);
  return {
    ...{ id, name, status, step, problem },
    about: aboutLine(facts.config),
    steps: planned === undefined ? formatCount(step) : `${formatCount(step)} of ${formatCount(planned)}`,
    speed: typeof speed === 'number' ? formatRate(speed) : '–',
    metric: summary ? `${metricFacts(summary.metric).label} ${describeSummary(summary)}` : '–',
    figures: keyFigures(run.data),
    grid: newest ? gridAddress(id, newest) : null,
  };
}

/** Where a grid is; the stamp makes a grid that was drawn over another one. */
export function gridAddress(id: string, { step, width, height, stamp }: LiveGrid): GridAddress {
  const name = `step-${String(step).padStart(6, '0')}.png`;
  return { step, width, height, source: `/runs/${id}/samples/${name}?v=${stamp}` };
}
