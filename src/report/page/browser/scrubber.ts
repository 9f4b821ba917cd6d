import { find } from './dom';

/** A sample grid. */
export interface Frame {
  readonly step: number;
  /** Its data URL; null for the one that the page shows without a script. */
  readonly source: string | null;
}

const PLAY_MS = 8_000;
const LONGEST_MS = 500;
const SHORTEST_MS = 60;

/** Leafs through the sample grids: a slider, its arrow keys, and a button that plays them. */
export class Scrubber {
  #frames: readonly Frame[];
  readonly #shown: string;
  readonly #image: HTMLImageElement;
  readonly #slider: HTMLInputElement;
  readonly #button: HTMLButtonElement;
  readonly #label: HTMLElement;
  readonly #controls: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: Element, frames: readonly Frame[]) {
    this.#frames = frames;
    this.#image = find(root, 'img', HTMLImageElement);
    this.#shown = this.#image.src;
    this.#slider = find(root, 'input', HTMLInputElement);
    this.#button = find(root, 'button', HTMLButtonElement);
    this.#label = find(root, '.frame-step', HTMLElement);
    this.#controls = find(root, '.scrub', HTMLElement);
    this.#controls.hidden = frames.length < 2;
    this.#slider.addEventListener('input', () => {
      this.#stop();
      this.#show(this.#slider.valueAsNumber);
    });
    this.#button.addEventListener('click', () => (this.#timer === undefined ? this.#play() : this.#stop()));
    this.#describe(this.#slider.valueAsNumber);
  }

  /** Takes the grids of a run that goes on: where the newest was shown, the newest is. */
  replace(frames: readonly Frame[]): void {
    const wasNewest = this.#slider.valueAsNumber === this.#frames.length - 1;
    const last = frames.length - 1;
    this.#frames = frames;
    this.#slider.max = String(last);
    this.#controls.hidden = frames.length < 2;
    if (this.#timer !== undefined) return;
    if (wasNewest) void this.#show(last);
    else this.#describe(Math.min(last, this.#slider.valueAsNumber));
  }

  /** Decodes a grid only when its turn comes, and keeps the one before until it is there. */
  async #show(index: number): Promise<void> {
    const frame = this.#frames[index];
    this.#slider.value = String(index);
    this.#describe(index);
    const source = frame.source ?? this.#shown;
    const next = new Image();
    next.src = source;
    await next.decode().catch(() => undefined);
    if (this.#slider.valueAsNumber !== index) return;
    this.#image.src = source;
    this.#image.alt = `Samples at step ${frame.step.toLocaleString('en-US')}`;
  }

  #describe(index: number): void {
    const text = `step ${this.#frames[index].step.toLocaleString('en-US')}`;
    this.#label.textContent = text;
    this.#slider.setAttribute('aria-valuetext', text);
  }

  #play(): void {
    const last = this.#frames.length - 1;
    const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, PLAY_MS / this.#frames.length));
    const next = async (index: number) => {
      await this.#show(index);
      if (this.#timer === undefined) return;
      if (index === last) this.#stop();
      else this.#timer = setTimeout(() => next(index + 1), pause);
    };
    const from = this.#slider.valueAsNumber;
    this.#button.textContent = 'Pause';
    this.#timer = setTimeout(() => next(from === last ? 0 : from + 1), 0);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#button.textContent = 'Play';
  }
}
