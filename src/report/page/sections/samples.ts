import { formatCount } from '../../summary';
import { dataBlock, type Html, html } from '../html';
import type { SampleGrid } from '../pictures';
import type { RunData } from '../read-run';
import { imageOf } from './picture';
import { scrubberFigure } from './scrubber-figure';

/** Widths, in pixels, up to which small pictures are enlarged by a whole factor. */
const GRID_WIDTH = 640;
const PAIR_WIDTH = 560;

/** The sample grids over time, then real images next to generated ones. */
export function samplesSection({ samples, pictures }: RunData): Html | undefined {
  const pair = pairFigures(pictures);
  if (samples.grids.length === 0 && !pair) return undefined;
  return html`<section aria-labelledby="samples">
<h2 id="samples">Samples</h2>
${samples.grids.length > 0 ? scrubber(samples.grids, samples.count) : ''}
${pair}</section>
`;
}

/** Real images next to generated ones; undefined where there are neither. */
export function pairFigures({ real, fake }: RunData['pictures']): Html | undefined {
  if (!real && !fake) return undefined;
  const pair = [
    real &&
      html`<figure>${imageOf(real, { alt: 'Real images', width: PAIR_WIDTH })}<figcaption>Real</figcaption></figure>`,
    fake &&
      html`<figure>${imageOf(fake, { alt: 'Generated images', width: PAIR_WIDTH })}<figcaption>Generated</figcaption></figure>`,
  ];
  return html`<h3>Real next to generated</h3><div class="pair">${pair}</div>
`;
}

function scrubber(grids: readonly SampleGrid[], count: number): Html {
  const last = grids.length - 1;
  const frames = grids.map((grid, at) => ({ step: grid.step, source: at === last ? null : grid.source }));
  const hint =
    grids.length < count
      ? html`<p class="hint">${formatCount(grids.length)} of the run’s ${formatCount(count)} grids, evenly, to keep this page small: samples/ has them all.</p>`
      : '';
  return html`${scrubberFigure(grids, { width: GRID_WIDTH, hint })}${dataBlock('frames', frames)}`;
}
