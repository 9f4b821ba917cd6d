import type { Dataset } from '../data/dataset';
import type { Batch, Loader } from '../data/loader';
import { GanError } from '../errors';
import type { Picture } from '../io/png';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from './evaluating';
import { firstExamples, firstImages } from './examples';
import { drawGrid, type Grid } from './grid';
import type { Latent } from './latent';
import type { Networks } from './phase';
import type { Sampler } from './sampler';

/** What a grid beside the samples is drawn from: all networks are in evaluation mode. */
export interface GridView {
  /** Images of latents, with averaged weights where there are any. @throws GanError `ERR_NO_LATENT` in a model that takes none */
  generate(latents: Tensor): Tensor;
  /** What latents are drawn as. */
  readonly latent: Latent;
  /** The first examples of the data set's first epoch, the same ones every time: `batch.images` [N, C, H, W]. */
  readonly batch: Batch;
  /** For random numbers: in the same state every time, and nothing else draws from it. */
  readonly random: Generator;
  readonly device: string;
}

/** Draws a grid, e.g. real images and below them what an autoencoder makes of them. */
export type GridMaker = (view: GridView) => Grid;

/** What the grids of a training are drawn with. */
export interface GridModel {
  readonly grids: Readonly<Record<string, GridMaker>>;
  /** The networks, with averaged weights where there are any. */
  readonly averaged: Networks;
  readonly networks: Networks;
  readonly device: string;
  readonly seed: number;
}

/** Where grids take examples from. */
export interface GridOptions {
  /** Images of a sample grid. */
  readonly count: number;
  readonly loader: Loader;
  /** Images that are not learned, for samplers that take images in. */
  readonly heldOut?: Dataset;
}

/** Examples that further grids may show. */
const EXAMPLES = 32;

/** Draws the sample grids of a training, and those beside them; neither random generators nor batch statistics nor the loader notice. */
export class SampleGrids {
  readonly #sampler: Sampler;
  readonly #inputs: Batch;
  readonly #examples: Batch | null;

  private constructor(sampler: Sampler, inputs: Batch, examples: Batch | null) {
    this.#sampler = sampler;
    this.#inputs = inputs;
    this.#examples = examples;
  }

  /** Takes what all the grids are drawn of. */
  static async begin(
    { grids, device, seed }: GridModel,
    sampler: Sampler,
    { count, loader, heldOut }: GridOptions,
  ): Promise<SampleGrids> {
    const examples = (wanted: number) =>
      heldOut ? firstImages(heldOut, { count: wanted, device }) : firstExamples(loader, wanted);
    const inputs = await sampler.gridInputs({ count, seed, device, examples });
    const further = Object.keys(grids).length > 0 ? await firstExamples(loader, EXAMPLES) : null;
    return new SampleGrids(sampler, inputs, further);
  }

  /** How many inputs the sampler has. */
  get count(): number {
    return Math.max(0, ...Object.values(this.#inputs).map(({ shape }) => shape[0]));
  }

  /**
   * What the sampler makes of its inputs.
   *
   * @param look is shown the images
   */
  draw({ averaged }: GridModel, look: (images: Tensor) => void = () => {}): Picture {
    return scope(() => {
      const grid = this.#sampler.grid(averaged, this.#inputs);
      look(grid.images);
      return drawGrid(grid);
    });
  }

  /** One picture for each further grid, by its name. */
  drawFurther({ grids, networks, averaged, device, seed }: GridModel): Record<string, Picture> {
    const batch = this.#examples ?? {};
    const drawn = Object.entries(grids).map(([name, make]) => {
      const random = new Generator({ device, seed });
      try {
        const view = viewOf(this.#sampler, averaged, { batch, random, device });
        const picture = scope(() => {
          const { images, columns } = evaluating(Object.values(networks), { device }, () => make(view));
          return drawGrid({ images: images.float(), columns });
        });
        return [name, picture] as const;
      } finally {
        random.dispose();
      }
    });
    return Object.fromEntries(drawn);
  }

  dispose(): void {
    for (const held of [this.#inputs, this.#examples ?? {}])
      for (const tensor of Object.values(held)) tensor.dispose();
  }
}

function viewOf(
  sampler: Sampler,
  averaged: Networks,
  rest: Pick<GridView, 'batch' | 'random' | 'device'>,
): GridView {
  const ofLatents = () => {
    if (sampler.takes === 'latents') return sampler;
    throw new GanError(
      'ERR_NO_LATENT',
      'this grid draws images of latents, but the model takes images in: draw it from view.batch',
    );
  };
  return {
    ...rest,
    generate: (latents) => ofLatents().make(averaged, latents),
    get latent() {
      return ofLatents().latent;
    },
  };
}
