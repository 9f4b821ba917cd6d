import { numberBetween } from '../check';
import { Module } from '../nn/module';
import type { StyleNetwork } from '../nn/style-network';
import { meanOfAll } from '../parallel/shared-statistics';
import { noGrad } from '../tensor/autograd';
import { arange, rand, randn, zeros } from '../tensor/create';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type StyleChannels, styleStages } from './style-channels';
import { StyleMapping } from './style-mapping';
import { StyleSynthesis } from './style-synthesis';

/** Sizes of a {@link StyleGenerator}. */
export interface StyleGeneratorOptions extends StyleChannels {
  /** Numbers in z, and in w. */
  readonly latentSize: number;
  /** Dense layers of the mapping (8). */
  readonly mappingDepth?: number;
  /** Numbers behind z that are 1 for the image's class and 0 for the others (0). */
  readonly classes?: number;
  /** The share of images in training whose later layers have the w of another z (0.9). */
  readonly mixing?: number;
}

/** How much of the mean of w each batch leaves. */
const MEAN_BETA = 0.995;

/**
 * The generator of StyleGAN2 (Karras et al. 2020): latents [N, z + classes] are mapped to w, from which a {@link StyleSynthesis} makes images
 * [N, C, R, R]. They may leave [−1, 1] a little, and are clipped where they are drawn.
 *
 * In training noise is drawn anew for each image, styles are mixed, and where the network is not frozen `meanStyle` follows w by
 * w̄ ← 0.995 · w̄ + 0.005 · mean of the batch. At rest noise is that of the layers' buffers: the same latents give the same image.
 */
export class StyleGenerator extends Module implements StyleNetwork {
  readonly mapping: StyleMapping;
  readonly synthesis: StyleSynthesis;
  /** The running mean [styleSize] of w over the training. */
  readonly meanStyle: Tensor;
  readonly styleSize: number;
  readonly mixing: number;

  /** @throws UsageError for sizes that are not positive integers, or a share outside 0 to 1 */
  constructor({ latentSize, mappingDepth, classes = 0, mixing = 0.9, ...sizes }: StyleGeneratorOptions) {
    super();
    // Checked before the parameters are made.
    styleStages(sizes);
    this.mixing = numberBetween('StyleGAN2 generator', 'mixing', mixing, { min: 0, max: 1 });
    this.styleSize = latentSize;
    this.mapping = new StyleMapping({ latentSize, styleSize: latentSize, depth: mappingDepth, classes });
    this.synthesis = new StyleSynthesis({ ...sizes, styleSize: latentSize });
    this.meanStyle = this.registerBuffer('mean_style', zeros([latentSize]));
  }

  get styleLayers(): number {
    return this.synthesis.styleLayers;
  }

  override forward(latents: Tensor): Tensor {
    if (!this.training) return this.synthesise(this.repeated(this.map(latents)));
    const { styles, first } = this.drawBoth(latents);
    if (!this.frozen) noGrad(() => this.meanStyle.lerp_(meanOfAll(first.mean(0)), 1 - MEAN_BETA));
    return this.drawImages(styles);
  }

  map(latents: Tensor): Tensor {
    return this.mapping.forward(latents);
  }

  synthesise(styles: Tensor, { noise }: { readonly noise?: readonly Tensor[] } = {}): Tensor {
    return this.synthesis.withNoise(styles, (layer) => noise?.[layer] ?? 'fixed');
  }

  styleWeights(): readonly Tensor[] {
    return this.synthesis.styleWeights();
  }

  /** A w for each layer [N, L, s] as in training: those of a share of images, `mixing`, change to the w of another z from a random layer on. */
  drawStyles(latents: Tensor): Tensor {
    return this.drawBoth(latents).styles;
  }

  /** Images of styles [N, L, s] as in training: with noise that is drawn anew. */
  drawImages(styles: Tensor): Tensor {
    return this.synthesis.withNoise(styles, () => 'random');
  }

  private drawBoth(latents: Tensor): { readonly styles: Tensor; readonly first: Tensor } {
    if (this.mixing === 0) {
      const first = this.map(latents);
      return { styles: this.repeated(first), first };
    }
    const [count] = latents.shape;
    const [first, second] = this.map(cat([latents, this.otherLatents(latents)])).split(count);
    const { device } = latents;
    // A choice for each image, on the device: a CUDA graph has no branches.
    const border = rand([count, 1], { device })
      .mul(this.styleLayers - 1)
      .floor()
      .add(1)
      .where(rand([count, 1], { device }).lt(this.mixing), this.styleLayers);
    const changed = arange({ end: this.styleLayers }, { device }).ge(border).unsqueeze(-1);
    return { styles: second.unsqueeze(1).where(changed, first.unsqueeze(1)), first };
  }

  /** Other latents of the same classes. */
  private otherLatents(latents: Tensor): Tensor {
    const { latentSize, classes } = this.mapping;
    const { device, dtype } = latents;
    const other = randn([latents.shape[0], latentSize], { device, dtype });
    return classes === 0 ? other : cat([other, latents.narrow(1, { start: latentSize, length: classes })], 1);
  }

  private repeated(styles: Tensor): Tensor {
    return styles.unsqueeze(1).expand([styles.shape[0], this.styleLayers, this.styleSize]);
  }
}

/** A {@link StyleGenerator}. @throws UsageError for sizes that are not positive integers, or a share outside 0 to 1 */
export function styleGenerator(options: StyleGeneratorOptions): StyleGenerator {
  return new StyleGenerator(options);
}
