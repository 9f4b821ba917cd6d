import type { Loader } from '../data/loader';
import type { Tensor } from '../tensor/tensor';
import { firstExamples } from './examples';
import type { FitOptions } from './fit-options';
import type { RunWriter } from './run-writer';
import { SampleGrids } from './sample-grids';
import type { Training } from './training';

/** Who looks at sample grids, of a model that makes images of latents. */
export interface GridViewer {
  readonly isWatching: boolean;
  /** Is given as many real images [N, C, H, W] as a grid has, once. */
  compareWith(real: Tensor): void;
  /** Is given those of each grid. */
  samples(images: Tensor): void;
}

/** The sample grids of a run. */
export class RunGrids {
  readonly #grids: SampleGrids;
  readonly #viewer: GridViewer;

  private constructor(grids: SampleGrids, viewer: GridViewer) {
    this.#grids = grids;
    this.#viewer = viewer;
  }

  /** Takes what all of them are drawn of; undefined where a training draws none. */
  static async begin(
    training: Training,
    loader: Loader,
    {
      sampleCount: count = 64,
      heldOut,
      viewer,
    }: Pick<FitOptions, 'sampleCount' | 'heldOut'> & { readonly viewer: GridViewer },
  ): Promise<RunGrids | undefined> {
    const { sampler, group } = training;
    if (!sampler || group.rank > 0) return undefined;
    const grids = await SampleGrids.begin(training, sampler, { count, loader, heldOut });
    if (sampler.takes === 'latents' && viewer.isWatching) {
      const { images, ...others } = await firstExamples(loader, grids.count);
      if (images) viewer.compareWith(images);
      for (const tensor of [images, ...Object.values(others)]) tensor?.dispose();
    }
    return new RunGrids(grids, viewer);
  }

  /** Draws and writes them; the path of the first. */
  async write(run: RunWriter, training: Training): Promise<string> {
    const { step, sampler } = training;
    const look = sampler?.takes === 'latents' ? (images: Tensor) => this.#viewer.samples(images) : undefined;
    const path = await run.writeSamples(step, { picture: this.#grids.draw(training, look) });
    for (const [name, picture] of Object.entries(this.#grids.drawFurther(training)))
      await run.writeSamples(step, { name, picture });
    return path;
  }

  dispose(): void {
    this.#grids.dispose();
  }
}
