import type { Batch } from '../data/loader';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from './evaluating';
import type { Grid } from './grid';
import { drawClassRows, drawLatents, type Latent, latentShape } from './latent';
import type { Networks } from './phase';
import type { GridSource, SamplerBase } from './sampler-base';

/** Latents of the grids have a seed of their own: they must not move with the training's. */
const SAMPLE_SEED = 0x5eed;

/** Images of a class in the sample grids of a model whose latents have classes. */
export const CLASS_COLUMNS = 8;

/** What a {@link LatentSampler} is made of. */
export interface LatentSamplerOptions {
  /** The network that makes images of latents. */
  readonly by: string;
  readonly latent: Latent;
  /**
   * Averaged weights of the trained model get standing statistics, over so many batches, wherever nobody says how many (0: they keep those of
   * the training).
   */
  readonly standingStatistics?: number;
}

/** A model that makes images of latents. */
export class LatentSampler implements SamplerBase {
  readonly takes = 'latents';
  readonly by: string;
  readonly latent: Latent;
  readonly standingStatistics: number;

  /** @throws UsageError for a latent out of range */
  constructor({ by, latent, standingStatistics = 0 }: LatentSamplerOptions) {
    latentShape(latent);
    this.by = by;
    this.latent = latent;
    this.standingStatistics = standingStatistics;
  }

  get networks(): readonly string[] {
    return [this.by];
  }

  /** Images float32 [N, C, H, W] of latents [N, z, …]: networks as they are used, and no trace left in them. */
  make(networks: Networks, latents: Tensor): Tensor {
    const network = networks[this.by];
    return evaluating([network], { device: latents.device }, () =>
      scope(() => network.forward(latents).float()),
    );
  }

  /** `count` latents, or a row of {@link CLASS_COLUMNS} for each class where latents have classes. */
  async gridInputs({ count, seed, device }: GridSource): Promise<Batch> {
    const generator = new Generator({ device, seed: seed ^ SAMPLE_SEED });
    const { latent } = this;
    try {
      const latents = latent.classes
        ? drawClassRows(latent, { columns: CLASS_COLUMNS, generator, device })
        : drawLatents(latent, { count, generator, device });
      return keep({ latents });
    } finally {
      generator.dispose();
    }
  }

  grid(networks: Networks, { latents }: Batch): Grid {
    return {
      images: this.make(networks, latents),
      ...(this.latent.classes && { columns: CLASS_COLUMNS }),
    };
  }
}

/** A {@link LatentSampler}: `sampler: latentSampler({ by: 'generator', latent })`. @throws UsageError for a latent out of range */
export function latentSampler(options: LatentSamplerOptions): LatentSampler {
  return new LatentSampler(options);
}
