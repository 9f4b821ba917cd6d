import { perImage } from '../losses/per-image';
import type { FeatureDiscriminator } from '../models/headed-dcgan';
import type { Module } from '../nn/module';
import { adam } from '../optim/adam';
import { enableGrad } from '../tensor/autograd';
import { randn } from '../tensor/create';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** What {@link nearestLatents} searches. */
interface SearchOptions {
  /** In evaluation mode, both. */
  readonly generator: Module;
  readonly discriminator: FeatureDiscriminator;
  /** [N, C, H, W] in [−1, 1] */
  readonly seen: Tensor;
  readonly latentSize: number;
  /** Weight of the features; that of the pixels is 1 − λ. */
  readonly lambda: number;
  readonly steps: number;
  readonly rate: number;
  /** Of the first image's start; that of the n-th is larger by n. */
  readonly seed: number;
}

/**
 * Searches, from a normal draw and with Adam, the latent of each image that makes (1 − λ) Σ |x − G(z)| + λ Σ |f(x) − f(G(z))| small. Images
 * do not see each other: what is found of one is the same whatever it comes with.
 */
export function nearestLatents(options: SearchOptions): {
  readonly made: Tensor;
  readonly distances: Tensor;
} {
  const { generator, discriminator, seen, steps, rate } = options;
  const networks = [generator, discriminator].filter((network) => !network.frozen);
  for (const network of networks) network.freeze();
  const latents = startingLatents(options);
  latents.requiresGrad = true;
  const search = adam({ lr: rate })([latents]);
  try {
    const wanted = discriminator.features(seen);
    const distance = () => distanceOf(generator.forward(latents), wanted, options);
    for (let i = 0; i < steps; i++)
      scope(() => {
        // The sum: Adam moves each number by its own gradient alone.
        enableGrad(() => distance().distances.sum()).backward();
        search.step();
        search.zeroGrad();
      });
    latents.requiresGrad = false;
    return distance();
  } finally {
    search.dispose();
    for (const network of networks) network.unfreeze();
  }
}

/** A normal latent for each image, by a seed of its own: [N, z, 1, 1]. */
function startingLatents({ seen, latentSize, seed }: SearchOptions): Tensor {
  const each = Array.from({ length: seen.shape[0] }, (_, i) => {
    const generator = new Generator({ device: 'cpu', seed: seed + i });
    try {
      return randn([1, latentSize, 1, 1], { generator, device: 'cpu' });
    } finally {
      generator.dispose();
    }
  });
  return cat(each).to(seen.device);
}

function distanceOf(
  made: Tensor,
  wanted: Tensor,
  { discriminator, seen, lambda }: Pick<SearchOptions, 'discriminator' | 'seen' | 'lambda'>,
) {
  const residual = perImage(made.sub(seen).abs());
  const features = perImage(discriminator.features(made).sub(wanted).abs());
  return { made, distances: residual.mul(1 - lambda).add(features.mul(lambda)) };
}
