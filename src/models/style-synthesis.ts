import { normal_ } from '../nn/init';
import { Module } from '../nn/module';
import { type Parameter, parameter } from '../nn/parameter';
import { empty } from '../tensor/create';
import { upsample2d } from '../tensor/resample';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type StyleChannels, styleStages } from './style-channels';
import { type LayerNoise, StyleLayer, ToRgb } from './style-layers';

/** Sizes of a {@link StyleSynthesis}. */
export interface StyleSynthesisOptions extends StyleChannels {
  /** Numbers in w. */
  readonly styleSize: number;
}

/**
 * The synthesis of images [N, C, R, R] from a w for each layer [N, L, s], L = 2 · log₂ R − 2, with skip connections (Karras et al. 2020): a learned
 * 4 × 4 map goes through {@link StyleLayer}s, one at 4 × 4 and two at each size above; behind each size a {@link ToRgb}, to which the image so
 * far is added, enlarged by [1, 3, 3, 1]. A ToRgb has the w of the layer that follows it.
 */
export class StyleSynthesis extends Module {
  readonly styleLayers: number;
  /** [1, channels, 4, 4] */
  readonly start: Parameter;
  readonly layers: readonly StyleLayer[];
  readonly toRgb: readonly ToRgb[];

  constructor({ styleSize, ...sizes }: StyleSynthesisOptions) {
    super();
    const stages = styleStages(sizes);
    this.styleLayers = 2 * stages.length;
    this.start = parameter(empty([1, stages[0].channels, 4, 4]));
    normal_(this.start);
    this.layers = stages.flatMap(({ side, channels }, i) => {
      const before = stages[i - 1]?.channels ?? channels;
      const sizes = { outChannels: channels, styleSize, side };
      const larger = i === 0 ? [] : [new StyleLayer({ ...sizes, inChannels: before, up: true })];
      return [...larger, new StyleLayer({ ...sizes, inChannels: channels })];
    });
    this.toRgb = stages.map(
      ({ channels }) => new ToRgb({ channels, images: sizes.images.channels, styleSize }),
    );
  }

  /** Images [N, C, H, W] of the styles of each layer, [N, L, s]. */
  override forward(styles: Tensor): Tensor {
    return this.withNoise(styles, () => 'fixed');
  }

  /** {@link forward} with noise of one's own for each of the {@link layers}. */
  withNoise(styles: Tensor, noise: (layer: number) => LayerNoise): Tensor {
    const { start, layers, toRgb } = this;
    const each = styles.unbind(1);
    const run = (at: number, maps: Tensor) => layers[at].withNoise(maps, each[at], noise(at));
    let maps = run(0, start.expand([styles.shape[0], ...start.shape.slice(1)]));
    let images = toRgb[0].forward(maps, each[1]);
    for (let stage = 1; stage < toRgb.length; stage++) {
      maps = run(2 * stage, run(2 * stage - 1, maps));
      images = upsample2d(images).add(toRgb[stage].forward(maps, each[2 * stage + 1]));
    }
    return images;
  }

  /** What turns the w of each of the L layers into scales: [scales, s], those of a ToRgb below those of the layer that shares its w. */
  styleWeights(): readonly Tensor[] {
    const { layers, toRgb } = this;
    const rows = [...layers, ...toRgb.slice(-1)].map(({ affine }, at) =>
      at % 2 === 1 && at < layers.length
        ? cat([affine.weight, toRgb[(at - 1) / 2].affine.weight])
        : affine.weight,
    );
    return rows.map((weight) => weight.mul(1 / Math.sqrt(weight.shape[1])));
  }
}
