import type { ImageShape } from '../data/dataset';
import { ConditionalBatchNorm2d } from '../nn/conditional-batch-norm';
import { normal_, orthogonal_, zeros_ } from '../nn/init';
import type { Module } from '../nn/module';
import { SpectralNorm } from '../nn/spectral-norm';
import { WeightedLayer } from '../nn/weighted-layer';
import type { Tensor } from '../tensor/tensor';

/** Spectral norm as the paper has it, in both networks: as an option of blocks, and of layers. */
export const SPECTRAL = { spectralNorm: { eps: 1e-6 } };
export const NORMALISED = { normalised: SPECTRAL.spectralNorm };

/** How weights begin: (semi-)orthogonal, or from N(0, 0.02²). Biases are 0. */
export type BigGanStart = 'orthogonal' | 'normal';

/** What both networks of a BigGAN are built from. */
export interface BigGanOptions {
  /** The images to make, or to judge. */
  readonly images: ImageShape;
  readonly classes: number;
  /** The paper's ch: channels at the images' size, 2 at 64 pixels and 4 at 32 times as many in the generator (96). */
  readonly width?: number;
  /** BigGAN-deep: twice as many blocks, with bottlenecks (false). */
  readonly deep?: boolean;
  /** Height of the feature map that gets self-attention; null for none (null). */
  readonly attention?: number | null;
  /** (`orthogonal`) */
  readonly start?: BigGanStart;
}

/** Starts all weights but the tables of conditional batch norms, which begin as 0. */
export function begin(network: Module, start: BigGanStart): void {
  const modules = network.modules();
  const tables = new Set<Module>(
    modules.filter((one) => one instanceof ConditionalBatchNorm2d).flatMap((one) => one.children()),
  );
  for (const layer of modules) {
    if (!(layer instanceof WeightedLayer) || tables.has(layer)) continue;
    if (start === 'orthogonal') orthogonal_(layer.weight);
    else normal_(layer.weight, { std: 0.02 });
    const { bias } = layer as WeightedLayer & { readonly bias?: Tensor | null };
    if (bias) zeros_(bias);
  }
  for (const layer of modules) if (layer instanceof SpectralNorm) layer.settle();
}
