import { messageOf } from '../errors';
import { groupByProtocol, protocolKey } from '../report/evaluations';
import { html } from '../report/page/html';
import { configurationSection } from '../report/page/sections/configuration';
import { Charts } from '../report/page/sections/figure';
import { metricsSection } from '../report/page/sections/metrics';
import { neighboursSection } from '../report/page/sections/neighbours';
import { overviewSection } from '../report/page/sections/overview';
import { pairFigures } from '../report/page/sections/samples';
import { MOST_POINTS, thin } from '../report/page/thin';
import type { Curves, RunDetails } from '../report/page/wire';
import type { LiveRun } from './live-run';

/** Points of all curves of a run together, and what a curve has at least. */
const ALL_POINTS = 50_000;
const LEAST_POINTS = 100;

/** Made once for all who look. */
const made = new WeakMap<
  LiveRun,
  { readonly key: string; readonly details: RunDetails; readonly curves: Curves }
>();

/** Parts of the report page of a run as it was last polled. */
export function detailsOf(run: LiveRun): RunDetails {
  return madeOf(run).details;
}

/** Curves by name, thinned to what a page draws. */
export function curvesOf(run: LiveRun): Curves {
  return madeOf(run).curves;
}

function madeOf(run: LiveRun) {
  const { version, metrics } = run;
  const key = [version, metrics.generation, metrics.count].join();
  const known = made.get(run);
  if (known?.key === key) return known;
  const one = { key, details: safeDetails(run), curves: thinned(run) };
  made.set(run, one);
  return one;
}

/** Whatever a run's files say, the page of the others goes on. */
function safeDetails(run: LiveRun): RunDetails {
  try {
    return makeDetails(run);
  } catch (error) {
    const head = html`<header><h1>${run.name}</h1><p class="hint">This run cannot be shown: ${messageOf(error)}</p></header>`;
    return { head: head.text, metrics: '', charts: [], rest: '', protocols: [] };
  }
}

function makeDetails(run: LiveRun): RunDetails {
  const { data } = run;
  const charts = new Charts();
  const metrics = metricsSection(data, charts).text;
  const rest = [pairFigures(data.pictures), neighboursSection(data), configurationSection(data)];
  return {
    head: overviewSection(data).text,
    metrics,
    charts: charts.all,
    protocols: groupByProtocol(data.evaluations).map(({ protocol }) => protocolKey(protocol)),
    rest: rest.map((part) => part?.text ?? '').join(''),
  };
}

function thinned({ metrics }: LiveRun): Curves {
  const most = Math.max(LEAST_POINTS, Math.min(MOST_POINTS, Math.floor(ALL_POINTS / metrics.curves.size)));
  return Object.fromEntries([...metrics.curves].map(([name, curve]) => [name, thin(curve, most)]));
}
