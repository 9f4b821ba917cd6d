import { argumentError, numberBetween, oneOf, positiveInteger } from '../check';
import { UsageError } from '../errors';
import { featureDistance } from '../metrics/feature-distance';
import { resizeImages } from '../metrics/features/resize-images';
import type { StyleNetwork } from '../nn/style-network';
import { adam } from '../optim/adam';
import type { Optimizer } from '../optim/optimizer';
import { enableGrad, noGrad } from '../tensor/autograd';
import { randn } from '../tensor/create';
import { isFloating } from '../tensor/full-precision';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import { Tensor } from '../tensor/tensor';
import { noiseMapsOf, noiseRegularizer, normalizeNoise } from './noise-maps';
import { perLayer } from './per-layer';
import { noiseOfStep, rateOfStep } from './search-schedule';
import type { StyleStatistics } from './statistics';

/** Where w is searched: one for all layers, or one for each (Abdal et al. 2019), which finds more images and says less of them. */
export type StyleSpace = 'w' | 'w+';

/** What {@link StyleSearch} looks for, and how. */
export interface StyleSearchOptions {
  /** In evaluation mode; frozen as long as the search lasts. */
  readonly network: StyleNetwork;
  /** float32 [N, C, H, W] in [−1, 1], on the network's device. */
  readonly images: Tensor;
  readonly space: StyleSpace;
  /** Where the search starts, and how wide it looks. */
  readonly statistics: Pick<StyleStatistics, 'mean' | 'spread'>;
  /** Feature maps through which images get a gradient; null compares pixels alone. */
  readonly responses: ((images: Tensor) => readonly Tensor[]) | null;
  readonly steps: number;
  /** The largest learning rate (0.1). */
  readonly rate?: number;
  /** Of the noise on w: that of the first image, the n-th has a seed larger by n. */
  readonly seed: number;
}

/** What a search has found so far; the tensors are in the caller's scope. */
export interface FoundStyles {
  /** [N, s], or in w+ [N, L, s]. */
  readonly styles: Tensor;
  /** The noise maps of each image [N, 1, H, W]. */
  readonly noise: readonly Tensor[];
  /** What they make: float32 [N, C, H, W]. */
  readonly images: Tensor;
  /** Mean |x − G(w)| over pixels and channels of each image, G(w) clipped to [−1, 1] as it is drawn. */
  readonly pixels: readonly number[];
  /** The distance of each image's features; null where none are compared. */
  readonly features: readonly number[] | null;
}

/** The longest side of images that features are taken of. */
const LONGEST = 256;
/** Weight of the noise maps' regularisation. */
const NOISE_WEIGHT = 1e5;
/** Weight of the pixels beside the features. */
const PIXEL_WEIGHT = 1;
/** Beyond all values of images. */
const FAR = 1e6;

/**
 * The way from images back to w (Karras et al. 2020, appendix D): from the mean w, Adam makes Σ layers ‖f̂(x) − f̂(G(w))‖² of a feature network, plus
 * mean |x − G(w)|, small, with noise on w that ends after three quarters of the search, and with noise maps that stay noise. Where an image is black or white, G(w) may go beyond. Images do not
 * see each other: what is found of one is the same whatever it comes with.
 */
export class StyleSearch {
  readonly #options: StyleSearchOptions;
  readonly #styles: Tensor;
  readonly #noise: readonly Tensor[];
  readonly #wanted: readonly Tensor[];
  readonly #bounds: readonly Tensor[];
  readonly #optimizer: Optimizer;
  readonly #random: readonly Generator[];
  readonly #wasFrozen: boolean;
  #steps = 0;

  /** @throws UsageError for options out of range, and images that are none, not finite, or of another size than the network makes */
  constructor(options: StyleSearchOptions) {
    const { network, images, space, statistics, responses, seed, steps, rate = 0.1 } = options;
    oneOf('StyleSearch', 'space', space, ['w', 'w+']);
    positiveInteger('StyleSearch', 'steps', steps);
    numberBetween('StyleSearch', 'rate', rate, { min: 0 });
    requireImages(options);
    requireSize(network, options);
    this.#options = options;
    this.#wasFrozen = network.frozen;
    const { styleSize, styleLayers } = network;
    const [count] = images.shape;
    const shape = space === 'w' ? [count, styleSize] : [count, styleLayers, styleSize];
    [this.#styles, ...this.#noise] = noGrad(() =>
      keep(
        scope(() => [
          statistics.mean.float().expand(shape).clone(),
          ...noiseMapsOf(network).map((map) => map.expand([count, ...map.shape.slice(1)]).clone()),
        ]),
      ),
    );
    this.#bounds = keep(scope(() => boundsOf(images)));
    this.#wanted = responses ? noGrad(() => keep(scope(() => [...responses(small(images))]))) : [];
    network.freeze();
    for (const searched of this.#searched) searched.requiresGrad = true;
    this.#optimizer = adam({ lr: rate, schedule: rateOfStep(steps) })([...this.#searched]);
    this.#random = Array.from({ length: count }, (_, i) => new Generator({ device: 'cpu', seed: seed + i }));
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  get #searched(): readonly Tensor[] {
    return [this.#styles, ...this.#noise];
  }

  /** One step of Adam. @throws UsageError once all are done */
  step(): void {
    const { steps } = this.#options;
    if (this.#steps >= steps) throw new UsageError(`this search has ${steps} steps, and they are done`);
    scope(() => {
      const noisy = noGrad(() => this.#disturbance());
      enableGrad(() => {
        const { distances } = this.#distances(this.#styles.add(noisy));
        const all = this.#noise.length === 0 ? distances : this.#regularized(distances);
        // The sum: Adam moves each number by its own gradient alone.
        return all.sum();
      }).backward();
      this.#optimizer.step();
      this.#optimizer.zeroGrad();
    });
    noGrad(() => normalizeNoise(this.#noise));
    this.#steps++;
  }

  /** What w makes so far: float32 [N, C, H, W]. */
  images(): Tensor {
    return noGrad(() => scope(() => this.#make(this.#styles)));
  }

  /** What was found so far. */
  found(): FoundStyles {
    return noGrad(() =>
      scope(() => {
        const { made, features } = this.#distances(this.#styles);
        const drawn = made.clamp({ min: -1, max: 1 });
        const pixels = perPixel(drawn, this.#options.images);
        return {
          styles: this.#styles.detach().clone(),
          noise: this.#noise.map((map) => map.detach().clone()),
          images: made,
          pixels: Array.from(pixels.toTypedArray(), Number),
          features: features && Array.from(features.toTypedArray(), Number),
        };
      }),
    );
  }

  /** Gives back what the search holds; the network learns again where it did. */
  dispose(): void {
    this.#optimizer.dispose();
    for (const random of this.#random) random.dispose();
    for (const tensor of [...this.#searched, ...this.#wanted, ...this.#bounds]) tensor.dispose();
    if (!this.#wasFrozen) this.#options.network.unfreeze();
  }

  #regularized(distances: Tensor): Tensor {
    return distances.add(noiseRegularizer(this.#noise).mul(NOISE_WEIGHT));
  }

  #distances(styles: Tensor) {
    const { images, responses } = this.#options;
    const [low, high] = this.#bounds;
    const made = this.#make(styles);
    const seen = made.maximum(low).minimum(high);
    const pixels = perPixel(seen, images).mul(PIXEL_WEIGHT);
    if (!responses) return { made, features: null, distances: pixels };
    const features = featureDistance(responses(small(seen)), this.#wanted);
    return { made, features, distances: features.add(pixels) };
  }

  #make(styles: Tensor): Tensor {
    const { network } = this.#options;
    return network.synthesise(perLayer(network, styles), { noise: this.#noise }).float();
  }

  /** Noise of each image's own, as large as the step says. */
  #disturbance(): Tensor {
    const { statistics, steps, images } = this.#options;
    const [, ...shape] = this.#styles.shape;
    const each = this.#random.map((generator) => randn([1, ...shape], { generator, device: 'cpu' }));
    return cat(each)
      .mul(statistics.spread * noiseOfStep(this.#steps, steps))
      .to(images.device);
  }
}

/**
 * The least and the largest values that count, [N, C, H, W]: where an image is black or white, what is blacker or whiter is as good, since it is drawn the
 * same.
 */
function boundsOf(images: Tensor): Tensor[] {
  return [images.where(images.le(-1), -FAR), images.where(images.ge(1), FAR)];
}

/** @throws UsageError for what is no tensor, holds no image, or NaN or infinity: all of them would be searched for in vain */
function requireImages({ images, seed }: StyleSearchOptions): void {
  if (!(images instanceof Tensor) || !isFloating(images.dtype) || images.numel === 0)
    throw argumentError('StyleSearch', 'images to be floating-point numbers [N, C, H, W] in [-1, 1]', images);
  if (scope(() => images.isfinite().all().item()) === 0)
    throw new UsageError('StyleSearch expected images of finite numbers but received NaN or infinity');
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw argumentError('StyleSearch', 'seed to be a whole number of at least 0', seed);
}

/** @throws UsageError for images of another size than the network makes */
function requireSize(network: StyleNetwork, { images, statistics }: StyleSearchOptions): void {
  const own = noGrad(() =>
    scope(() => network.synthesise(perLayer(network, statistics.mean.float().unsqueeze(0))).shape),
  );
  const [, ...wanted] = images.shape;
  if (images.dim === 4 && String(wanted) === String(own.slice(1))) return;
  throw new UsageError(
    `StyleSearch expected images [N, ${own.slice(1).join(', ')}], as the network makes them, but received [${images.shape.join(', ')}]`,
  );
}

/** Mean |a − b| of each image: [N]. */
function perPixel(a: Tensor, b: Tensor): Tensor {
  return a.sub(b).abs().mean([1, 2, 3]);
}

/** Images with sides of at most {@link LONGEST}, averaged. */
function small(images: Tensor): Tensor {
  const [, , height, width] = images.shape;
  const factor = Math.max(height, width) / LONGEST;
  if (factor <= 1) return images;
  const size = { height: Math.round(height / factor), width: Math.round(width / factor) };
  return resizeImages(images, { size });
}
