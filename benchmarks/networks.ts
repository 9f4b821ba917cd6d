import type { NetworkSizes, Passes } from './task';

/** A layer that multiplies: what it holds, and what one image costs. */
export interface Layer {
  /** Multiply-adds of its forward pass for one image. */
  readonly multiplyAdds: number;
  /** Trainable numbers, with those of a batch norm behind it. */
  readonly parameters: number;
}

/** The layers of both networks, first to last. */
export interface Gan {
  readonly generator: readonly Layer[];
  readonly discriminator: readonly Layer[];
}

const KERNEL = 4;
const FIRST = 4;
const MLP_WIDTHS = [256, 512, 1024];

/**
 * The networks that every participant must build, layer by layer: those of the `dcgan` and `mlp` recipes. Biases only where no
 * batch norm follows; a batch norm has a scale and an offset a channel.
 */
export function ganLayers(sizes: NetworkSizes): Gan {
  return sizes.model === 'dcgan' ? dcgan(sizes) : mlp(sizes);
}

/** Trainable parameters of each network. */
export function parameterCounts({ generator, discriminator }: Gan): Passes {
  const count = (layers: readonly Layer[]) => layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return { generator: count(generator), discriminator: count(discriminator) };
}

/** A 4×4 convolution between `inner` and `outer` channels; `positions` is the side of the smaller of its two maps. */
function convolution(inner: number, outer: number, rest: { positions: number; extra: number }): Layer {
  const weights = inner * outer * KERNEL ** 2;
  return { multiplyAdds: weights * rest.positions ** 2, parameters: weights + rest.extra };
}

function dcgan({ channels, resolution, width, latentSize }: NetworkSizes): Gan {
  const levels = Math.log2(resolution / FIRST);
  const maps = Array.from({ length: levels }, (_, i) => width * 2 ** i);
  const side = (i: number) => resolution / 2 ** (i + 1);
  // From the images inwards. Both networks have the same inner convolutions, transposed in the generator.
  const norm = (count: number) => 2 * count;
  const top = maps[levels - 1];
  const generator = [
    convolution(latentSize, top, { positions: 1, extra: norm(top) }),
    ...maps
      .slice(1)
      .map((outer, i) => convolution(outer, maps[i], { positions: side(i + 1), extra: norm(maps[i]) }))
      .reverse(),
    convolution(width, channels, { positions: side(0), extra: channels }),
  ];
  const discriminator = [
    convolution(channels, width, { positions: side(0), extra: width }),
    ...maps
      .slice(1)
      .map((outer, i) => convolution(maps[i], outer, { positions: side(i + 1), extra: norm(outer) })),
    convolution(top, 1, { positions: 1, extra: 1 }),
  ];
  // The latent's 1 × 1 pixel becomes 4 × 4: each of the 16 places is one product with the latent, as `positions: 1` counts.
  return { generator, discriminator };
}

function mlp({ channels, resolution, latentSize }: NetworkSizes): Gan {
  const pixels = channels * resolution ** 2;
  const dense = (sizes: readonly number[]) =>
    sizes.slice(1).map((outputs, i) => ({
      multiplyAdds: sizes[i] * outputs,
      parameters: (sizes[i] + 1) * outputs,
    }));
  return {
    generator: dense([latentSize, ...MLP_WIDTHS, pixels]),
    discriminator: dense([pixels, ...[...MLP_WIDTHS].reverse(), 1]),
  };
}
