import { numberBetween, oneOf, positiveInteger } from '../check';
import { noGrad } from '../tensor/autograd';
import { rand, randn } from '../tensor/create';
import { defaultDevice } from '../tensor/device';
import { Generator as Random } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type Span, spans } from './distances';
import { unitVectors } from './diversity';
import { requireCount, requireFeatures } from './feature-set';
import { linearInterpolation, type Path, sphericalInterpolation } from './interpolate';
import { errorOfMean, meanOf } from './statistics';

/** Where {@link PathLengthOptions.conditions} are drawn from. */
export interface PathDraw {
  readonly count: number;
  readonly generator: Random;
  readonly device: string;
}

/** What {@link pathLength} walks through. */
export interface PathLengthOptions {
  /** Images of latents [N, z + c], or of what `map` makes of them. Must be in eval mode: each image alone decides on itself. */
  readonly generate: (latents: Tensor) => Tensor;
  /** Feature vectors [N, d] of images. */
  readonly features: (images: Tensor) => Tensor;
  /** z: normal latents of this length are drawn. */
  readonly latentSize: number;
  /** What stands behind z, [count, c], a class say: it stays as it is along a path, so that both ends have the same (nothing). */
  readonly conditions?: (draw: PathDraw) => Tensor;
  /** Takes latents [N, z + c] to w: then the paths run there, along straight lines. */
  readonly map?: (latents: Tensor) => Tensor;
  /** Anywhere on a path, or at its start, which leaves out what no latent maps to: `full`. */
  readonly sampling?: 'full' | 'end';
  /** Paths (10,000). */
  readonly count?: number;
  /** Paths a batch (50): twice as many images. */
  readonly batch?: number;
  /** The step along a path (1e-4). */
  readonly epsilon?: number;
  /** Which paths (0). */
  readonly seed?: number;
  readonly device?: string;
}

/** A perceptual path length with its standard error. */
export interface PathLength {
  readonly mean: number;
  readonly error: number;
}

/** Paths that a path length is the mean of. */
export const DEFAULT_PATHS = 10_000;
/** The step along a path. */
export const DEFAULT_EPSILON = 1e-4;

/**
 * The perceptual path length (PPL, Karras et al. 2019): E[ d(G(p(t)), G(p(t + ε))) / ε² ], p a path between two random latents
 * (a great circle in z, a straight line in w) and d the squared distance of feature vectors at unit length, as LPIPS
 * (Zhang et al. 2018) measures it in its own network: figures compare under one feature network only. The mean of what lies between the
 * 1st and the 99th percentile, as in the paper.
 *
 * Latents and places come from a generator of its own; paths are computed in float64, since a step of 10⁻⁴ has three digits
 * left in float32. The images are float32: with small features their rounding may be seen below ε = 10⁻⁴. With `conditions` both ends of a path
 * have the same one, as in the authors' protocol for labels: what is measured is a change of z, not of class.
 *
 * @throws UsageError for an option out of range, or fewer than two paths
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the image of its batch
 */
export function pathLength(options: PathLengthOptions): PathLength {
  return meanLength([...pathSteps(options)].flat());
}

/** {@link pathLength} in pieces, so that the event loop may turn between them: what each batch of paths adds. @throws as that */
export function* pathSteps(options: PathLengthOptions): Generator<readonly number[], void> {
  const {
    count = DEFAULT_PATHS,
    batch = 50,
    epsilon = DEFAULT_EPSILON,
    seed = 0,
    sampling = 'full',
  } = options;
  for (const [name, value] of Object.entries({ count, batch, latentSize: options.latentSize }))
    positiveInteger('pathLength', name, value);
  numberBetween('pathLength', 'epsilon', epsilon, { min: 1e-8, max: 0.1 });
  oneOf('pathLength', 'sampling', sampling, ['full', 'end']);
  requireCount('pathLength', count, 2);
  const draws = keep(noGrad(() => scope(() => drawPaths({ ...options, count, seed, sampling }))));
  try {
    for (const span of spans(count, batch))
      yield noGrad(() => scope(() => stepLengths({ ...options, epsilon }, draws, span)));
  } finally {
    for (const drawn of Object.values(draws)) drawn.dispose();
  }
}

/** What batches of {@link pathSteps} come to. */
export function meanLength(lengths: readonly number[]): PathLength {
  const kept = withoutTails(lengths);
  return { mean: meanOf(kept), error: errorOfMean(kept) };
}

/** Paths with the conditions of each [count, c], where there are any. */
type DrawnPaths = Path & { readonly conditions?: Tensor };

/** The ends of all paths [count, z], and a place on each [count, 1], float64: drawn at once, so that batches change nothing. */
function drawPaths({
  count,
  seed,
  sampling,
  latentSize,
  conditions,
  device = defaultDevice(),
}: PathLengthOptions & { readonly count: number; readonly seed: number }): DrawnPaths {
  const generator = new Random({ seed, device });
  try {
    const [from, to] = randn([2, count, latentSize], { generator, device }).unbind();
    const at = rand([count, 1], { dtype: 'float64', generator, device });
    return {
      ...{ from, to, at: sampling === 'end' ? at.mul(0) : at },
      ...(conditions && { conditions: conditions({ count, generator, device }) }),
    };
  } finally {
    generator.dispose();
  }
}

function stepLengths(
  { generate, features, map, epsilon }: PathLengthOptions & { readonly epsilon: number },
  draws: DrawnPaths,
  span: Span,
): number[] {
  const [z0, z1, at] = [draws.from, draws.to, draws.at].map((drawn) => drawn.narrow(0, span));
  const told = draws.conditions?.narrow(0, span);
  const conditioned = (latents: Tensor) => (told ? cat([latents, cat([told, told])], 1) : latents);
  const ends = cat([z0, z1]);
  const [from, to] = (map ? map(conditioned(ends)) : ends).double().split(span.length);
  const interpolate = map ? linearInterpolation : sphericalInterpolation;
  const places = [at, at.add(epsilon)].map((place) => interpolate({ from, to, at: place }));
  const inputs = cat(places).float();
  const found = features(generate(map ? inputs : conditioned(inputs)));
  requireFeatures('pathLength', found);
  const [here, there] = unitVectors(found).split(span.length);
  const squared = here.sub(there).square().sum(1);
  return Array.from(squared.div(epsilon ** 2).toTypedArray(), Number);
}

/** What lies between the 1st and the 99th percentile, both included; of few values that is all of them. */
function withoutTails(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return sorted.slice(Math.floor(0.01 * last), Math.ceil(0.99 * last) + 1);
}
