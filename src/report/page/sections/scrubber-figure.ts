import { type Html, type HtmlPart, html } from '../html';
import { imageOf } from './picture';

/** A sample grid of a page. */
export interface ShownGrid {
  readonly step: number;
  readonly width: number;
  readonly height: number;
  /** A data URL, or its address where the page has a server. */
  readonly source: string;
}

/** The newest of some sample grids, with what leafs through all of them. @param width up to which small ones are enlarged */
export function scrubberFigure(
  grids: readonly ShownGrid[],
  { width, hint = '' }: { readonly width: number; readonly hint?: HtmlPart },
): Html {
  const last = grids.length - 1;
  const newest = grids[last];
  const step = `step ${newest.step.toLocaleString('en-US')}`;
  return html`<figure class="scrubber">
${imageOf(newest, { alt: `Samples at ${step}`, width })}
<figcaption>The same latents at every step <span class="frame-step">${step}</span></figcaption>
<div class="scrub" hidden><button type="button">Play</button>
<input type="range" min="0" max="${last}" step="1" value="${last}" aria-label="Step of the samples"></div>
${hint}</figure>
`;
}
