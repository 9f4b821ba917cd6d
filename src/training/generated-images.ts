import type { ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import type { ImageClasses, ImageSource } from '../metrics/image-source';
import type { Protocol } from '../report/evaluations';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Norms } from './evaluating';
import { classesOf, drawLatents, type Latent, requireLabel } from './latent';
import type { LatentSampler } from './latent-sampler';
import type { Networks } from './phase';
import { describeTruncation, type TruncationOptions, truncationOf } from './truncation';

/** Images that networks make, to be judged. */
export interface GeneratedImages extends ImageSource {
  /** Releases what the images are made of; the networks stay. */
  dispose(): void;
}

/** Trained networks, and which of their weights are used. */
export interface SampledNetworks {
  /** With averaged weights, or with those in training. */
  readonly networks: Networks;
  /** Whose weights they are. */
  readonly weights: 'ema' | 'live';
  readonly device: string;
  /** What batch norms normalise with, for the protocol (`running statistics`). */
  readonly batchNorm?: string;
  /** Which stage the training was in, where that was not its last, for the protocol (none). */
  readonly stage?: string;
}

/** What {@link generatedImages} makes, and from what. */
export interface GeneratedOptions extends SampledNetworks, TruncationOptions {
  readonly sampler: LatentSampler;
  readonly spec: ImageShape;
  readonly count: number;
  /** Of the latents. */
  readonly seed: number;
  /** The class of all (drawn evenly, where latents have classes). */
  readonly label?: number;
}

/** What images of latents are made as: labels of a data set, else values of a code; undefined where they have no classes. */
function imageClasses({ classes: count = 0, conditional }: Latent): ImageClasses | undefined {
  return count === 0 ? undefined : { count, kind: conditional ? 'labels' : 'code' };
}

/**
 * The latents of a seed [N, …], as `sample --seed` and `model.run({ count, seed })` draw them, for what an exported model is to make, or to
 * change before `model.run({ latents })`. Drawn on the CPU whatever the device, so that a seed means the same images everywhere.
 *
 * @param latent that of the model: `model.sampler.latent`
 * @param options.label the class of all (drawn evenly, where latents have classes)
 * @param options.truncation normal numbers within ± this only (all)
 * @throws UsageError for a label that the latent does not have
 */
export function seededLatents(
  latent: Latent,
  {
    count,
    seed,
    label,
    truncation,
  }: Pick<GeneratedOptions, 'count' | 'seed' | 'label'> & { readonly truncation?: number },
): Tensor {
  if (label !== undefined) requireLabel(latent, label);
  const random = new Generator({ device: 'cpu', seed });
  try {
    return drawLatents(latent, { count, generator: random, device: 'cpu', label, truncation });
  } finally {
    random.dispose();
  }
}

/** What images of the latents of a seed are made as; undefined where they have no classes. */
export function seededClasses(
  latent: Latent,
  options: Pick<GeneratedOptions, 'count' | 'seed' | 'label'>,
): ImageSource['classes'] {
  const classes = imageClasses(latent);
  return classes && { ...classes, ofImages: scope(() => classesOf(latent, seededLatents(latent, options))) };
}

/**
 * What a sampler makes of the latents of a seed, piece by piece; the same images as `sample --seed` draws. Modes, batch statistics and
 * random generators are afterwards as they were.
 *
 * @throws UsageError where its images are not of the size that `spec` says, and for a truncation that the model cannot do
 */
export function generatedImages(options: GeneratedOptions): GeneratedImages {
  const { sampler, networks, spec, device, count, seed, label } = options;
  const { latent } = sampler;
  const network = sampler.style(networks);
  const truncation = truncationOf(network, options);
  const latents = keep(seededLatents(latent, { count, seed, label, truncation: truncation.latents }));
  const classes = imageClasses(latent);
  return {
    count,
    spec,
    ...(classes && { classes: { ...classes, ofImages: classesOf(latent, latents) } }),
    protocol: {
      ...networkProtocol(options),
      truncation: describeTruncation(network, options),
      ...(label !== undefined && { label }),
    },
    async fetch(start, end) {
      return () => {
        const part = latents.narrow(0, { start, length: end - start }).to(device);
        const images = sampler.make(networks, part, truncation.styles);
        requireShape(images.shape, [end - start, spec.channels, spec.height, spec.width]);
        return images;
      };
    },
    dispose: () => latents.dispose(),
  };
}

/** What figures of networks depend on beside their input, for protocols. */
export function networkProtocol({
  weights,
  batchNorm = 'running statistics',
  stage,
}: Pick<SampledNetworks, 'weights' | 'batchNorm' | 'stage'>): Protocol {
  return { weights, batchNorm, precision: 'fp32', ...(stage !== undefined && { stage }) };
}

/** How protocols call the ways in which norms run. */
export const NORMS_IN_WORDS: Readonly<Record<Norms, string>> = {
  running: 'running statistics',
  image: 'the image’s own statistics, dropout on',
};

/** @throws UsageError where a model makes other images than it should */
export function requireShape(shape: readonly number[], expected: readonly number[]): void {
  if (String(shape) !== String(expected))
    throw new UsageError(
      `expected the model to make images of [${expected.join(', ')}] but they are of [${shape.join(', ')}]`,
    );
}
