import { convolution, dense, type Layer, type Networks } from './layers';
import { modern, residual } from './residual-networks';
import { denoise, superResolution } from './restorers';
import { stylegan2 } from './style-networks';
import type { ByNetwork, LatentSizes, NetworkSizes, VaeSizes } from './task';
import { cyclegan, pix2pix } from './translators';

const FIRST = 4;
const MLP_WIDTHS = [256, 512, 1024];

/** The networks that every participant must build, layer by layer: those of the recipe of that name. */
export function layersOf(sizes: NetworkSizes): Networks {
  switch (sizes.model) {
    case 'dcgan':
      return dcgan(sizes);
    case 'wgan-gp':
      return dcgan(sizes, { norm: false });
    case 'mlp':
      return mlp(sizes);
    case 'sngan':
    case 'projection':
      return residual(sizes);
    case 'modern':
      return modern(sizes);
    case 'vae':
      return vae(sizes);
    case 'stylegan2':
      return stylegan2(sizes);
    case 'pix2pix':
      return pix2pix(sizes);
    case 'cyclegan':
      return cyclegan(sizes);
    case 'super-resolution':
      return superResolution(sizes);
    case 'denoise':
      return denoise(sizes);
  }
}

/** Trainable parameters of each network. */
export function parameterCounts(networks: Networks): ByNetwork {
  const count = (layers: readonly Layer[]) => layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return Object.fromEntries(Object.entries(networks).map(([name, layers]) => [name, count(layers)]));
}

/** Biases only where no batch norm follows; a batch norm has a scale and an offset a channel. A critic has none of them. */
function dcgan(
  { channels, resolution, width, latentSize }: LatentSizes,
  { norm: normed = true } = {},
): Networks {
  const levels = Math.log2(resolution / FIRST);
  const maps = Array.from({ length: levels }, (_, i) => width * 2 ** i);
  const layer = (from: number, to: number, rest: { side: number; extra: number }) =>
    convolution(from, to, { kernel: 4, ...rest });
  const side = (i: number) => resolution / 2 ** (i + 1);
  // From the images inwards. Both networks have the same inner convolutions, transposed in the generator.
  const norm = (count: number) => 2 * count;
  const top = maps[levels - 1];
  const generator = [
    layer(latentSize, top, { side: 1, extra: norm(top) }),
    ...maps
      .slice(1)
      .map((outer, i) => layer(outer, maps[i], { side: side(i + 1), extra: norm(maps[i]) }))
      .reverse(),
    layer(width, channels, { side: side(0), extra: channels }),
  ];
  const discriminator = [
    layer(channels, width, { side: side(0), extra: width }),
    ...maps
      .slice(1)
      .map((outer, i) => layer(maps[i], outer, { side: side(i + 1), extra: normed ? norm(outer) : outer })),
    layer(top, 1, { side: 1, extra: 1 }),
  ];
  // The latent's 1 × 1 pixel becomes 4 × 4: each of the 16 places is one product with the latent, as a side of 1 counts.
  return { generator, discriminator };
}

function vae({ channels, resolution, hidden, latentSize }: VaeSizes): Networks {
  const pixels = channels * resolution ** 2;
  return {
    encoder: [dense(pixels, hidden), dense(hidden, latentSize), dense(hidden, latentSize)],
    decoder: [dense(latentSize, hidden), dense(hidden, pixels)],
  };
}

function mlp({ channels, resolution, latentSize }: LatentSizes): Networks {
  const pixels = channels * resolution ** 2;
  const layers = (sizes: readonly number[]) => sizes.slice(1).map((to, i) => dense(sizes[i], to));
  return {
    generator: layers([latentSize, ...MLP_WIDTHS, pixels]),
    discriminator: layers([pixels, ...[...MLP_WIDTHS].reverse(), 1]),
  };
}
