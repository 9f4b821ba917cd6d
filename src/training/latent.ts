import { UsageError } from '../errors';
import { randn } from '../tensor/create';
import type { Generator } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';

/** The generator's input: standard normal numbers, `size` of them, or in a `shape` such as [100, 1, 1]. */
export type Latent = { readonly size: number } | { readonly shape: readonly number[] };

/** The shape of one latent. */
export function latentShape(latent: Latent): readonly number[] {
  const shape = 'shape' in latent ? latent.shape : [latent.size];
  if (shape.length > 0 && shape.every((size) => Number.isInteger(size) && size > 0)) return shape;
  throw new UsageError(
    `latent expected a positive size, or a shape of positive sizes, but received [${shape.join(', ')}]`,
  );
}

/** How many numbers one latent has. */
export function latentSize(latent: Latent): number {
  return latentShape(latent).reduce((product, size) => product * size, 1);
}

/** `count` latents [count, …shape], standard normal. */
export function drawLatents(
  latent: Latent,
  { count, generator, device }: { count: number; generator: Generator; device: string },
): Tensor {
  return randn([count, ...latentShape(latent)], { generator, device });
}
