import type { NetworkSizes } from '../task';

/** The recipe's settings. */
export function settingsOf(sizes: NetworkSizes): Record<string, string> {
  const width = String(sizes.width);
  switch (sizes.model) {
    case 'dcgan':
      return { width, latentSize: String(sizes.latentSize) };
    case 'mlp':
      return { latentSize: String(sizes.latentSize) };
    case 'stylegan2': {
      const { maxWidth, latentSize, mapping } = sizes;
      const others = Object.entries({ maxWidth, latentSize, mapping }).map(([key, value]) => [
        key,
        `${value}`,
      ]);
      return { size: 'small', width, ...Object.fromEntries(others) };
    }
    case 'pix2pix':
      return { width };
    case 'cyclegan':
      return { width, blocks: String(sizes.blocks), pool: String(sizes.pool) };
    case 'super-resolution':
      return { width, blocks: String(sizes.blocks), scale: String(sizes.scale) };
    case 'denoise':
      return { width, depth: String(sizes.depth) };
  }
}
