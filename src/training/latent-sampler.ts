import type { ImageSize } from '../data/image-size';
import type { Batch } from '../data/loader';
import { UsageError } from '../errors';
import { isStyleNetwork, type StyleNetwork } from '../nn/style-network';
import { perLayer } from '../style/per-layer';
import { type StyleTruncation, truncateStyles } from '../style/truncate';
import { interpolate } from '../tensor/functional';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from './evaluating';
import type { Grid } from './grid';
import { drawClassRows, drawLatents, type Latent, latentShape } from './latent';
import type { Networks } from './phase';
import { asImages, type GridSource, type SamplerBase } from './sampler-base';

/** Latents of the grids have a seed of their own: they must not move with the training's. */
const SAMPLE_SEED = 0x5eed;

/** Images of a class in the sample grids of a model whose latents have classes. */
export const CLASS_COLUMNS = 8;

/** What a {@link LatentSampler} is made of. */
export interface LatentSamplerOptions {
  /** The network that makes images of latents. */
  readonly by: string;
  readonly latent: Latent;
  /** Smaller images than these are enlarged to them, pixel by pixel: those of a training's early stages (as they are made). */
  readonly size?: ImageSize;
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
  readonly size: ImageSize | undefined;
  readonly standingStatistics: number;

  /** @throws UsageError for a latent out of range */
  constructor({ by, latent, size, standingStatistics = 0 }: LatentSamplerOptions) {
    latentShape(latent);
    this.by = by;
    this.latent = latent;
    this.size = size;
    this.standingStatistics = standingStatistics;
  }

  get networks(): readonly string[] {
    return [this.by];
  }

  /**
   * Images float32 [N, C, H, W] in [−1, 1] of latents [N, z, …]: networks as they are used, and no trace left in them.
   *
   * @param truncation of w
   * @throws UsageError for a truncation of a w that there is not
   */
  make(networks: Networks, latents: Tensor, truncation?: StyleTruncation): Tensor {
    const network = networks[this.by];
    return evaluating([network], { device: latents.device }, () =>
      scope(() => {
        if (!truncation) return this.#shown(network.forward(latents));
        const styled = this.styled(networks);
        const styles = perLayer(styled, styled.map(latents));
        return this.#shown(styled.synthesise(truncateStyles(styled, styles, truncation)));
      }),
    );
  }

  /** The network that makes the images, where it has an intermediate latent w; null where it has none. */
  style(networks: Networks): StyleNetwork | null {
    const network = networks[this.by];
    return isStyleNetwork(network) ? network : null;
  }

  /** {@link style}, of a model that has a w. @throws UsageError for others */
  styled(networks: Networks): StyleNetwork {
    const network = this.style(networks);
    if (network) return network;
    throw new UsageError('this model has no intermediate latent w: it makes images of its latents directly');
  }

  /** w float32 [N, s] of latents [N, z, …], with as little trace. @throws UsageError for a model without w */
  mapLatents(networks: Networks, latents: Tensor): Tensor {
    const network = this.styled(networks);
    return evaluating([network], { device: latents.device }, () => scope(() => network.map(latents).float()));
  }

  /**
   * Images float32 [N, C, H, W] in [−1, 1] of styles, a w [N, s] or one for each layer [N, L, s], with as little trace.
   *
   * @param noise the noise maps, [1, 1, H, W] or one for each image (those of use)
   * @throws UsageError for a model without w, and styles of another shape than its own
   */
  synthesise(networks: Networks, styles: Tensor, noise?: readonly Tensor[]): Tensor {
    const network = this.styled(networks);
    return evaluating([network], { device: styles.device }, () =>
      scope(() => this.#shown(network.synthesise(perLayer(network, styles), noise && { noise }))),
    );
  }

  /** As images, and not smaller than they are to be. */
  #shown(made: Tensor): Tensor {
    const { size } = this;
    const images = asImages(made);
    const [, , height, width] = images.shape;
    if (!size || (height >= size.height && width >= size.width)) return images;
    return interpolate(images, { size: [size.height, size.width] });
  }

  /** `count` latents, or a row of 8 for each class where latents have classes. */
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
