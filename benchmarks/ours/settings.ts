import { CRITIC } from '../steps';
import type { NetworkSizes } from '../task';

/** The recipe's settings. */
export function settingsOf(sizes: NetworkSizes): Record<string, string> {
  switch (sizes.model) {
    case 'dcgan':
    case 'wgan-gp':
      return texts(sizes, ['width', 'latentSize']);
    case 'mlp':
      return texts(sizes, ['latentSize']);
    case 'sngan':
    case 'projection': {
      const { model, width } = sizes;
      const ends = { discriminatorWidth: String(width), critic: String(CRITIC[model]) };
      return { ...texts(sizes, ['width', 'growth', 'latentSize']), ...ends };
    }
    case 'modern':
      return texts(sizes, ['width', 'maxWidth', 'latentSize', 'expansion', 'groupSize']);
    case 'vae':
      return texts(sizes, ['hidden', 'latentSize']);
    case 'stylegan2':
      return { size: 'small', ...texts(sizes, ['width', 'maxWidth', 'latentSize', 'mapping']) };
    case 'pix2pix':
      return texts(sizes, ['width']);
    case 'cyclegan':
      return texts(sizes, ['width', 'blocks', 'pool']);
    case 'super-resolution':
      return texts(sizes, ['width', 'blocks', 'scale']);
    case 'denoise':
      return texts(sizes, ['width', 'depth']);
  }
}

function texts<S extends object>(sizes: S, names: readonly (keyof S & string)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, String(sizes[name])]));
}
