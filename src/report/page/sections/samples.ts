import { formatCount } from '../../summary';
import { dataBlock, type Html, html } from '../html';
import type { EmbeddedPicture, SampleGrid } from '../pictures';
import type { RunData } from '../read-run';

/** Widths, in pixels, up to which small pictures are enlarged by a whole factor. */
const GRID_WIDTH = 640;
const PAIR_WIDTH = 560;

/** The sample grids over time, then real images next to generated ones. */
export function samplesSection({ samples, pictures }: RunData): Html | undefined {
  const { real, fake } = pictures;
  const pair = [
    real &&
      html`<figure>${imageOf(real, { alt: 'Real images', width: PAIR_WIDTH })}<figcaption>Real</figcaption></figure>`,
    fake &&
      html`<figure>${imageOf(fake, { alt: 'Generated images', width: PAIR_WIDTH })}<figcaption>Generated</figcaption></figure>`,
  ];
  if (samples.grids.length === 0 && !real && !fake) return undefined;
  return html`<section aria-labelledby="samples">
<h2 id="samples">Samples</h2>
${samples.grids.length > 0 ? scrubber(samples.grids, samples.count) : ''}
${real || fake ? html`<h3>Real next to generated</h3><div class="pair">${pair}</div>` : ''}
</section>
`;
}

function scrubber(grids: readonly SampleGrid[], count: number): Html {
  const last = grids.length - 1;
  const newest = grids[last];
  const step = `step ${formatCount(newest.step)}`;
  const frames = grids.map((grid, at) => ({ step: grid.step, source: at === last ? null : grid.source }));
  const thinned =
    grids.length < count
      ? html`<p class="hint">${formatCount(grids.length)} of the run’s ${formatCount(count)} grids, evenly, to keep this page small: samples/ has them all.</p>`
      : '';
  return html`<figure class="scrubber">
${imageOf(newest, { alt: `Samples at ${step}`, width: GRID_WIDTH })}
<figcaption>The same latents at every step <span class="frame-step">${step}</span></figcaption>
<div class="scrub" hidden><button type="button">Play</button>
<input type="range" min="0" max="${last}" step="1" value="${last}" aria-label="Step of the samples"></div>
${thinned}</figure>
${dataBlock('frames', frames)}`;
}

/** An image, enlarged by the greatest whole factor at which it is no wider than asked, so that its pixels stay squares. */
export function imageOf(picture: EmbeddedPicture, { alt, width }: { alt: string; width: number }): Html {
  const factor = Math.max(1, Math.floor(width / picture.width));
  const kind = factor > 1 ? 'enlarged' : 'plain';
  return html`<img class="${kind}" src="${picture.source}" width="${picture.width * factor}" height="${picture.height * factor}" alt="${alt}">`;
}
