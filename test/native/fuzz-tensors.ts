// Tensors that the fuzzer makes for one call of a layer: of a shape that is asked for, and laid out in memory anyhow.

import type { NativeAddon } from '../../src/native/interface';
import type { DType, Handle } from '../../src/native/types';
import type { Dice } from './fuzz-values';

type Shape = readonly number[];

/** Makes tensors, of sizes that layers have, and keeps them until the call is over. */
export class LaidOut {
  readonly #made: Handle[] = [];
  /** What most tensors of one call are. */
  #dtype: DType = 'float32';

  constructor(
    readonly addon: NativeAddon,
    readonly dice: Dice,
  ) {}

  /** Chooses what most tensors of the next call are. */
  begin(): void {
    this.#dtype = this.dice.chance(0.65)
      ? 'float32'
      : this.dice.pick(['bfloat16', 'bfloat16', 'float64', 'float16']);
  }

  /** The gradient that a result like `like` is given: of its shape, and in memory as it likes. */
  gradientLike(like: Handle): Handle {
    this.#dtype = this.addon.dtype(like) as DType;
    return this.tensor(this.addon.shape(like), 0);
  }

  /** Gives back the tensors made for the last call. */
  release(): void {
    this.addon.release(this.#made.splice(0));
  }

  /** A leaf of this shape, laid out anyhow, that needs a gradient with the probability `needsGradient`. */
  tensor(shape: Shape, needsGradient = 0.6): Handle {
    const { addon, dice } = this;
    const dtype = dice.chance(0.97) ? this.#dtype : dice.pick(['float32', 'float64', 'bfloat16'] as const);
    const view = this.#laidOut(shape, dtype);
    const leaf = this.#keep(addon.ops.detach(view));
    if (dice.chance(needsGradient)) addon.setRequiresGrad([leaf], true);
    return leaf;
  }

  /** A parameter: beside bfloat16 images it is mostly float32, as under autocast. */
  weight(shape: Shape, needsGradient?: number): Handle {
    const images = this.#dtype;
    if (images === 'bfloat16' && this.dice.chance(0.8)) this.#dtype = 'float32';
    try {
      return this.tensor(shape, needsGradient);
    } finally {
      this.#dtype = images;
    }
  }

  /** Such a parameter, or none. */
  optional(shape: Shape, needsGradient?: number): Handle | null {
    return this.dice.chance(0.7) ? this.weight(shape, needsGradient) : null;
  }

  /** Sizes of batches: none and one among them. */
  batch(): number {
    return this.dice.pick([0, 1, 2, 2, 3, 5]);
  }

  /** Sizes of an image, square or not, none and one pixel among them. */
  sizes(dimensions = 2): number[] {
    const { dice } = this;
    const size = dice.pick([0, 1, 2, 3, 4, 4, 7, 8]);
    return dice.list(dimensions, () => (dice.chance(0.8) ? size : dice.pick([0, 1, 2, 5])));
  }

  /** Channels, most of them many times divisible, and a number of groups that divides them. */
  channels(): { channels: number; groups: number } {
    const { dice } = this;
    const channels = dice.pick([0, 1, 2, 3, 4, 6, 8, 8, 32, 64]);
    const divisors = [1, 2, 3, 4, 8, 32].filter((groups) => channels % groups === 0);
    return { channels, groups: dice.chance(0.97) ? dice.pick(divisors) : dice.pick([0, -1, 5, 2 ** 40]) };
  }

  /** The shape of images of so many channels; now and then of sequences, volumes or vectors. */
  images(channels: number): number[] {
    const { dice } = this;
    return [this.batch(), channels, ...this.sizes(dice.chance(0.8) ? 2 : dice.pick([0, 1, 3]))];
  }

  #keep(handle: Handle): Handle {
    this.#made.push(handle);
    return handle;
  }

  #laidOut(shape: Shape, dtype: DType): Handle {
    const { addon, dice } = this;
    const { ops } = addon;
    const dense = (of: Shape): Handle =>
      this.#keep(
        ops.to_dtype(
          this.#keep(ops.randn_generator(of, null, 'float32', null, null, null)),
          dtype,
          false,
          false,
          null,
        ),
      );
    const last = shape.length - 1;
    switch (dice.below(9)) {
      case 0:
      case 1:
      case 2:
        return shape.length === 4 ? this.#keep(ops.clone(dense(shape), 'channels_last')) : dense(shape);
      case 3: {
        const order = shuffled(dice, shape.length);
        const turned = dense(order.map((at) => shape[at]));
        return this.#keep(
          ops.permute(
            turned,
            order.map((_, at) => order.indexOf(at)),
          ),
        );
      }
      case 4: {
        if (last < 0) return dense(shape);
        const wide = shape.map((size, at) => (at === last ? 2 * size : size));
        return this.#keep(ops.slice_Tensor(dense(wide), last, null, null, 2));
      }
      case 5: {
        if (last < 0) return dense(shape);
        const at = dice.below(shape.length);
        const long = shape.map((size, i) => (i === at ? size + 1 : size));
        return this.#keep(ops.slice_Tensor(dense(long), at, 1, null, 1));
      }
      case 6: {
        if (last < 0) return dense(shape);
        const at = dice.below(shape.length);
        return this.#keep(
          ops.expand(dense(shape.map((size, i) => (i === at ? Math.min(size, 1) : size))), shape, false),
        );
      }
      default:
        return dense(shape);
    }
  }
}

function shuffled(dice: Dice, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
