import type { ImageSpec } from '../data/dataset';
import { UsageError } from '../errors';
import type { ImageClasses, ImageSource } from '../metrics/image-source';
import type { Module } from '../nn/module';
import type { Protocol } from '../report/evaluations';
import { Generator } from '../tensor/random';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { classesOf, drawLatents, type Latent, requireLabel } from './latent';
import { generateImages } from './samples';

/** Images that a generator makes, to be judged. */
export interface GeneratedImages extends ImageSource {
  /** Releases the latents; the generator stays. */
  dispose(): void;
}

/** What {@link generatedImages} makes, and from what. */
export interface GeneratedOptions {
  readonly generator: Module;
  /** Whose weights they are. */
  readonly weights: 'ema' | 'live';
  readonly latent: Latent;
  /** Whether classes of latents are labels of a data set: as `Model.conditional` says (false). */
  readonly conditional?: boolean;
  readonly spec: ImageSpec;
  readonly device: string;
  readonly count: number;
  /** Of the latents. */
  readonly seed: number;
  /** The class of all (drawn evenly, where latents have classes). */
  readonly label?: number;
  readonly truncation?: number;
  /** What batch norms normalise with, for the protocol (`running statistics`). */
  readonly batchNorm?: string;
}

/** What images of latents are made as: labels in a conditional model, else values of a code; undefined where they have no classes. */
export function imageClasses({
  latent: { classes: count = 0 },
  conditional,
}: Pick<GeneratedOptions, 'latent' | 'conditional'>): ImageClasses | undefined {
  return count === 0 ? undefined : { count, kind: conditional ? 'labels' : 'code' };
}

/** Latents drawn on the CPU whatever the device, so that a seed means the same images everywhere. */
export function seededLatents(
  latent: Latent,
  { count, seed, label, truncation }: Pick<GeneratedOptions, 'count' | 'seed' | 'label' | 'truncation'>,
): Tensor {
  if (label !== undefined) requireLabel(latent, label);
  const random = new Generator({ device: 'cpu', seed });
  try {
    return drawLatents(latent, { count, generator: random, device: 'cpu', label, truncation });
  } finally {
    random.dispose();
  }
}

/**
 * The images of a generator in evaluation mode for the latents of a seed, made piece by piece; the same ones as
 * `sample --seed` draws. Its mode, batch statistics and random generators are afterwards as they were.
 *
 * @throws UsageError where its images are not of the size that `spec` says
 */
export function generatedImages(options: GeneratedOptions): GeneratedImages {
  const { generator, latent, spec, device, count, label, truncation } = options;
  const latents = keep(seededLatents(latent, options));
  const classes = imageClasses(options);
  return {
    count,
    spec,
    ...(classes && { classes: { ...classes, ofImages: classesOf(latent, latents) } }),
    protocol: {
      ...networkProtocol(options),
      truncation: truncation === undefined ? 'none' : `±${truncation}`,
      ...(label !== undefined && { label }),
    },
    async fetch(start, end) {
      return () => {
        const images = generateImages(
          generator,
          latents.narrow(0, { start, length: end - start }).to(device),
        );
        checkShape(images.shape, [end - start, spec.channels, spec.height, spec.width]);
        return images;
      };
    },
    dispose: () => latents.dispose(),
  };
}

/** What figures of a network depend on beside its input, for protocols. */
export function networkProtocol({
  weights,
  batchNorm = 'running statistics',
}: Pick<GeneratedOptions, 'weights' | 'batchNorm'>): Protocol {
  return { weights, batchNorm, precision: 'fp32' };
}

function checkShape(shape: readonly number[], expected: readonly number[]): void {
  if (String(shape) !== String(expected))
    throw new UsageError(
      `expected the generator to make images of [${expected.join(', ')}] but they are of [${shape.join(', ')}]`,
    );
}
