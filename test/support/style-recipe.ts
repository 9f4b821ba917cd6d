import {
  field,
  full,
  functional,
  gan,
  losses,
  nn,
  optim,
  type Recipe,
  randn,
  type Tensor,
  zeros,
} from '../../src';
import type { StyleNetwork } from '../../src/nn/style-network';

/** Sizes of a {@link StyleGenerator}. */
interface Sizes {
  readonly channels: number;
  /** 4 · 2^n */
  readonly resolution: number;
  readonly latentSize: number;
  readonly styleSize: number;
  readonly width: number;
}

/** Sides of the maps from 4 on. */
function sidesOf(resolution: number): number[] {
  const sides: number[] = [];
  for (let side = 4; side <= resolution; side *= 2) sides.push(side);
  return sides;
}

/** A convolution whose input is scaled by a w, with noise. */
class StyledLayer extends nn.Module {
  readonly style: nn.Linear;
  readonly conv: nn.Conv2d;
  readonly strength: nn.Parameter;
  readonly noise: Tensor;

  constructor(width: number, styleSize: number, side: number) {
    super();
    this.style = nn.linear(styleSize, width);
    this.conv = nn.conv2d(width, width, { kernelSize: 3, padding: 1 });
    this.strength = nn.parameter(full([], 0.05));
    this.noise = this.registerBuffer('noise', randn([1, 1, side, side]));
  }

  override forward(input: Tensor, style: Tensor, noise: Tensor = this.noise): Tensor {
    const scale = this.style.forward(style).add(1).unsqueeze(2).unsqueeze(3);
    const made = this.conv.forward(input.mul(scale)).add(noise.mul(this.strength));
    return made.mul(2).sub(made.mul(2).clamp({ max: 0 }).mul(0.8));
  }
}

/** A generator of a few units with an intermediate latent: a mapping of two layers, one styled layer for each size. */
export class StyleGenerator extends nn.Module implements StyleNetwork {
  readonly mapping: nn.Sequential;
  readonly start: nn.Parameter;
  readonly layers: readonly StyledLayer[];
  readonly toImage: nn.Conv2d;
  readonly meanStyle: Tensor;
  readonly styleSize: number;

  constructor({ channels, resolution, latentSize, styleSize, width }: Sizes) {
    super();
    this.styleSize = styleSize;
    this.mapping = nn.sequential(
      nn.linear(latentSize, styleSize),
      nn.leakyRelu(0.2),
      nn.linear(styleSize, styleSize),
    );
    this.start = nn.parameter(randn([1, width, 4, 4]));
    this.layers = sidesOf(resolution).map((side) => new StyledLayer(width, styleSize, side));
    this.toImage = nn.conv2d(width, channels, { kernelSize: 1 });
    this.meanStyle = this.registerBuffer('mean_style', zeros([styleSize]));
  }

  get styleLayers(): number {
    return this.layers.length;
  }

  map(latents: Tensor): Tensor {
    return this.mapping.forward(latents).mul(3);
  }

  synthesise(styles: Tensor, { noise }: { readonly noise?: readonly Tensor[] } = {}): Tensor {
    const [, ...shape] = this.start.shape;
    let maps: Tensor = this.start.expand([styles.shape[0], ...shape]);
    for (const [i, layer] of this.layers.entries()) {
      if (i > 0) maps = functional.interpolate(maps, { scaleFactor: 2, mode: 'nearest' });
      maps = layer.forward(maps, styles.select(1, i), ...(noise ? [noise[i]] : []));
    }
    return this.toImage.forward(maps).tanh();
  }

  override forward(latents: Tensor): Tensor {
    const styles = this.map(latents);
    if (this.training && !this.frozen) this.meanStyle.lerp_(styles.detach().mean(0), 0.05);
    const [count] = styles.shape;
    return this.synthesise(styles.unsqueeze(1).expand([count, this.styleLayers, this.styleSize]));
  }

  styleWeights(): readonly Tensor[] {
    return this.layers.map((layer) => layer.style.weight);
  }
}

/** A critic that does not look at the class. */
class Critic extends nn.Module {
  readonly layers: nn.Sequential;

  constructor(channels: number, side: number, width: number) {
    super();
    this.layers = nn.sequential(
      nn.conv2d(channels, width, { kernelSize: 4, stride: 2, padding: 1 }),
      nn.leakyRelu(0.2),
      nn.flatten(),
      nn.linear((width * side * side) / 4, 1),
    );
  }

  override forward(images: Tensor): Tensor {
    return this.layers.forward(images);
  }
}

const fields = {
  latentSize: field.integer(8, { min: 1, help: 'numbers in a latent' }),
  styleSize: field.integer(6, { min: 1, help: 'numbers in w' }),
  width: field.integer(8, { min: 1, help: 'channels' }),
  conditional: field.boolean(false, { help: 'learns the classes' }),
};

/** A family of a few units with an intermediate latent: what its tools are tested with. */
export const styled: Recipe<typeof fields> = {
  name: 'styled',
  summary: 'a small generator with an intermediate latent',
  fields,
  resolutions: {
    description: '8, 16 or 32',
    accepts: ({ height, width }) => height === width && [8, 16, 32].includes(height),
  },
  training: { resolution: 16, batch: 8, steps: 4 },
  build({ latentSize, styleSize, width, conditional }, { images }) {
    const { channels, height, classes } = images;
    const told = conditional ? classes : 0;
    const adam = optim.adam({ lr: 1e-3, betas: [0, 0.99] });
    const discriminator = new Critic(channels, height, width);
    return gan({
      networks: {
        generator: new StyleGenerator({
          channels,
          resolution: height,
          latentSize: latentSize + told,
          styleSize,
          width,
        }),
        discriminator,
      },
      latent: { size: latentSize, ...(told > 0 && { classes: told, conditional: true }) },
      loss: losses.logistic(),
      optimizers: { discriminator: adam, generator: adam },
    });
  },
};
