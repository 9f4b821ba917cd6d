import { html } from '../html';
import { scrubberFigure } from '../sections/scrubber-figure';
import type { GridAddress } from '../wire';
import { find } from './dom';
import { Scrubber } from './scrubber';

/** The sample grids of a run that goes on. */
export class LiveScrubber {
  readonly #place: HTMLElement;
  readonly #width: number;
  #scrubber: Scrubber | undefined;

  /** @param width up to which small grids are enlarged, in pixels */
  constructor(place: HTMLElement, width: number) {
    this.#place = place;
    this.#width = width;
  }

  show(grids: readonly GridAddress[]): void {
    if (grids.length === 0) {
      this.#scrubber = undefined;
      this.#place.innerHTML = html`<p class="hint">No samples yet.</p>`.text;
    } else if (this.#scrubber) {
      this.#scrubber.replace(grids);
    } else {
      this.#place.innerHTML = scrubberFigure(grids, { width: this.#width }).text;
      this.#scrubber = new Scrubber(find(this.#place, '.scrubber', Element), grids);
    }
  }
}
