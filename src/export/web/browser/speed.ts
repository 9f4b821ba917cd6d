import type { Told } from './view';

/** Milliseconds over which images a second are counted. */
const WINDOW = 2_000;

/** Counts images a second, and shows them. */
export class Speed {
  readonly #counted: { readonly images: number; readonly milliseconds: number; readonly at: number }[] = [];
  readonly #show: (text: string) => void;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  readonly told: Told = (images, milliseconds) => {
    const counted = this.#counted;
    const now = performance.now();
    counted.push({ images, milliseconds, at: now });
    while (counted.length > 1 && counted[0].at < now - WINDOW) counted.shift();
    const sum = (key: 'images' | 'milliseconds') => counted.reduce((total, each) => total + each[key], 0);
    const rate = (1_000 * sum('images')) / Math.max(1, sum('milliseconds'));
    this.#show(`${rate >= 10 ? Math.round(rate) : rate.toFixed(rate < 1 ? 2 : 1)} images a second`);
  };

  /** Forgets what another runtime did. */
  clear(): void {
    this.#counted.length = 0;
    this.#show('');
  }
}
