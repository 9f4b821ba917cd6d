import type { Batch } from '../data/loader';
import type { Tensor } from '../tensor/tensor';
import type { Grid } from './grid';
import type { Networks } from './phase';

/** Where the inputs of sample grids come from. */
export interface GridSource {
  /** How many images are wanted. */
  readonly count: number;
  readonly seed: number;
  readonly device: string;
  /** The first so many examples of images that are not learned, where there are such: the same every time. */
  examples(count: number): Promise<Batch>;
}

/** What every kind of sampler can do. */
export interface SamplerBase {
  /** The networks that it runs, by name. */
  readonly networks: readonly string[];
  /** What sample grids are drawn of, the same in all grids of a run; the caller's. */
  gridInputs(source: GridSource): Promise<Batch>;
  /** A grid of what the networks make of such inputs, in the caller's scope. */
  grid(networks: Networks, inputs: Batch): Grid;
}

/** What a network made as images are: float32, clamped to [−1, 1], beyond which there are no colours. A network without a tanh leaves it a little. */
export function asImages(made: Tensor): Tensor {
  return made.float().clamp({ min: -1, max: 1 });
}
