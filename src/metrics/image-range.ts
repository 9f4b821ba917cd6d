import { GanError } from '../errors';
import { scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Rounding may leave a value so far outside of [−1, 1]. */
const SLACK = 1e-3;
/** What images outside of [−1, 1] may reach before somebody should know: no network's last layer overshoots so far. */
const FAR = 2;
/** Images in [0, 1] have a value at least so large somewhere, and so many of them none below 0. */
const BRIGHT = 0.5;
const LARGE = 10;

/** The values of images to be judged, which should lie in [−1, 1]: what cannot be right is refused, what is probably wrong is noted. */
export class ImageRange {
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #count = 0;

  /**
   * Takes images [N, C, H, W] into account.
   *
   * @param first - the number of the first of them, for the error
   * @throws GanError `ERR_BAD_FEATURES` naming an image that holds NaN or infinity
   */
  add(images: Tensor, first: number): void {
    const [low, high] = scope(() => {
      const values = images.detach();
      return Array.from(stack([values.amin(), values.amax()]).float().toTypedArray(), Number);
    });
    if (!Number.isFinite(low) || !Number.isFinite(high)) throw notFinite(images, first);
    this.#low = Math.min(this.#low, low);
    this.#high = Math.max(this.#high, high);
    this.#count += images.shape[0];
  }

  /** Sentences for a user about values that are probably not meant. */
  get notes(): readonly string[] {
    const [low, high] = [this.#low, this.#high];
    const reach = `the images to judge reach from ${said(low)} to ${said(high)}`;
    if (low < -FAR || high > FAR)
      return [`${reach}, but are judged as if in [-1, 1], all others clamped: scale them first`];
    if (this.#count >= LARGE && low >= -SLACK && high > BRIGHT && high <= 1 + SLACK)
      return [
        `${reach}, none below 0, but are judged as if in [-1, 1]: scale those in [0, 1] by 2x - 1 first`,
      ];
    return [];
  }
}

function said(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function notFinite(images: Tensor, first: number): GanError {
  const image = scope(() =>
    images.detach().isfinite().flatten({ startDim: 1 }).to({ dtype: 'int32' }).amin(1).argmin().item(),
  );
  return new GanError(
    'ERR_BAD_FEATURES',
    `image ${first + image} holds NaN or infinity: look at the network that made it`,
  );
}
