import type { Loader } from '../data/loader';
import type { Picture } from '../io/png';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Latent } from './latent';
import type { Networks } from './phase';
import { drawSamples, evaluating } from './samples';

/** What a grid beside the samples is drawn from: all networks are in evaluation mode. */
export interface GridView {
  /** The network that makes images of latents, with averaged weights where there are any. */
  generate(latents: Tensor): Tensor;
  readonly latent: Latent;
  /** The first real images [N, C, H, W] of the data set's first epoch, the same ones every time. */
  readonly real: Tensor;
  /** For random numbers: in the same state every time, and nobody else's. */
  readonly random: Generator;
  readonly device: string;
}

/** Images [N, C, H, W] in [−1, 1] in rows of `columns`. */
export interface Grid {
  readonly images: Tensor;
  readonly columns: number;
}

/** Draws a grid, e.g. real images and below them what an autoencoder makes of them. */
export type GridMaker = (view: GridView) => Grid;

/** Real images that grids may show. */
const REAL_IMAGES = 32;

/** What the grids are drawn with. */
export interface GridSource {
  readonly grids: Readonly<Record<string, GridMaker>>;
  readonly networks: Networks;
  readonly latent: Latent;
  readonly device: string;
  readonly seed: number;
}

/** Draws the grids of a model; neither random generators nor batch statistics nor the loader notice. */
export class Grids {
  readonly #real: Tensor;

  private constructor(real: Tensor) {
    this.#real = real;
  }

  /** Takes real images from the loader, whose place is afterwards as it was. */
  static async begin(loader: Loader): Promise<Grids> {
    const place = loader.state();
    loader.setState({ ...place, epoch: 0, position: 0 });
    try {
      const { images, labels } = await loader.next();
      labels?.dispose();
      const length = Math.min(REAL_IMAGES, images.shape[0]);
      const real = keep(scope(() => images.narrow(0, { start: 0, length }).clone()));
      images.dispose();
      return new Grids(real);
    } finally {
      loader.setState(place);
    }
  }

  /** One picture a grid, by its name. */
  draw(source: GridSource, generate: GridView['generate']): Record<string, Picture> {
    const { grids, networks, latent, device, seed } = source;
    const real = this.#real;
    const drawn = Object.entries(grids).map(([name, make]) => {
      const random = new Generator({ device, seed });
      try {
        const draw = () => make({ generate, latent, real, random, device });
        const picture = scope(() => {
          const { images, columns } = inEvaluation(Object.values(networks), { device, body: draw });
          return drawSamples(images.float(), { columns });
        });
        return [name, picture] as const;
      } finally {
        random.dispose();
      }
    });
    return Object.fromEntries(drawn);
  }

  dispose(): void {
    this.#real.dispose();
  }
}

function inEvaluation<T>(
  [first, ...others]: readonly Networks[string][],
  { device, body }: { readonly device: string; readonly body: () => T },
): T {
  if (!first) return body();
  return evaluating(first, device, () => inEvaluation(others, { device, body }));
}
