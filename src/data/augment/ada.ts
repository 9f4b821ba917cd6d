import { numberBetween, positiveInteger } from '../../check';
import { UsageError } from '../../errors';
import { Module } from '../../nn/module';
import { sharers, sumOfAll } from '../../parallel/shared-statistics';
import { noGrad, withoutAutocast } from '../../tensor/autograd';
import { full, rand, randn, zeros } from '../../tensor/create';
import { inFull } from '../../tensor/full-precision';
import type { Tensor } from '../../tensor/tensor';
import { type AdaDraws, colour, Dealer, geometry, NORMAL, UNIFORM } from './ada-transforms';
import { onColours } from './colours';
import { moved } from './moved';

/** Options of {@link ada}. */
export interface AdaOptions {
  /** The overfitting r = E[sign D(x)] that p is steered to (0.6). */
  readonly target?: number;
  /** Images in which p could go from 0 to 1 (500,000). */
  readonly images?: number;
  /** After so many batches p moves (4). */
  readonly interval?: number;
  /** Where p starts (0). */
  readonly p?: number;
}

/**
 * Adaptive discriminator augmentation (ADA, Karras et al. 2020): flips, quarter turns and shifts by whole pixels, scaling, turning, stretching
 * and shifting, and brightness, contrast, luma, hue and saturation (the paper's blit, geom and color, "bgc"), each with probability p
 * for each image. p follows the overfitting r = E[sign D(x)] on real images: up above the target, down below it. It starts at 0 and
 * stays in [0, 1].
 *
 * `forward` is for all images that D sees, real ones and fakes, in both phases; `observe` for D's logits on real ones, in D's phase:
 *
 * ```ts
 * const networks = { generator, discriminator, ada: ada() };
 * // D's loss
 * const onReal = D.forward(ada.forward(real));
 * ada.observe(onReal);
 * return loss.discriminator(onReal, D.forward(ada.forward(fake)));
 * // G's loss
 * return loss.generator(D.forward(ada.forward(fake)));
 * ```
 *
 * It is a module, for p is state: named among the networks it moves to the device and is saved in checkpoints. Nothing waits for the
 * device, and random numbers come from its default generator. Gradients of every order go through to the images, which are float32
 * also inside autocast. Between pixels it interpolates bilinearly, where the paper filters around a grid twice as fine: slightly
 * softer images, real and fake alike. At rest (`eval`) it changes nothing.
 */
export class Ada extends Module {
  /** The probability of each transformation, one number. */
  readonly p: Tensor;
  /** Σ sign D(x), images and batches since p last moved. */
  readonly signs: Tensor;
  readonly seen: Tensor;
  readonly batches: Tensor;
  readonly target: number;
  readonly images: number;
  readonly interval: number;

  /** @throws UsageError for an option out of range */
  constructor({ target = 0.6, images = 500_000, interval = 4, p = 0 }: AdaOptions = {}) {
    super();
    this.target = numberBetween('ada', 'target', target, { min: -1, max: 1 });
    this.images = positiveInteger('ada', 'images', images);
    this.interval = positiveInteger('ada', 'interval', interval);
    this.p = this.registerBuffer('p', full([], numberBetween('ada', 'p', p, { min: 0, max: 1 })));
    this.signs = this.registerBuffer('signs', zeros([]));
    this.seen = this.registerBuffer('seen', zeros([]));
    this.batches = this.registerBuffer('batches', zeros([]));
  }

  /**
   * Images [N, C, H, W], grey or RGB, with alpha or without, augmented. Alpha moves with its image and keeps its values.
   *
   * @param draws random numbers to use instead of new ones, for tests
   * @throws UsageError for another number of channels
   */
  augment(images: Tensor, draws?: AdaDraws): Tensor {
    const [count, channels, height, width] = images.shape;
    if (![1, 2, 3, 4].includes(channels))
      throw new UsageError(`ada expected images of 1 to 4 channels but received ${channels}`);
    return withoutAutocast(images.device, () => {
      const source = inFull(images);
      const { dtype, device } = source;
      const { places, colours } = noGrad(() => {
        const drawn = draws ?? {
          uniform: rand([UNIFORM.length, count], { dtype, device }),
          normal: randn([NORMAL.length, count], { dtype, device }),
        };
        const dealer = new Dealer(drawn, this.p);
        return { places: geometry(dealer, { width, height }), colours: colour(dealer) };
      });
      return onColours(moved(source, places), (images) => recoloured(images, colours));
    });
  }

  /** {@link Ada.augment} in training; at rest the images themselves. */
  override forward(images: Tensor): Tensor {
    return this.training ? this.augment(images) : images;
  }

  /** Takes note of D's logits [N, …] on a batch of real images; every `interval` batches p moves by images / `images`. */
  observe(logits: Tensor): void {
    noGrad(() => {
      const { p, signs, seen, batches, target, images, interval } = this;
      // Of a discriminator of patches an image has several logits, and counts once.
      const [count] = logits.shape;
      signs.add_(
        sumOfAll(
          logits
            .detach()
            .float()
            .sign()
            .sum()
            .mul(count / logits.numel),
        ),
      );
      seen.add_(count * sharers());
      batches.add_(1);
      // Arithmetic instead of a branch: the host does not know the numbers, and a CUDA graph has no branches.
      const due = batches.ge(interval).float();
      const direction = signs.div(seen).sub(target).sign();
      p.add_(direction.mul(seen).mul(due).div(images)).clamp_({ min: 0, max: 1 });
      const rest = due.rsub(1);
      for (const counter of [signs, seen, batches]) counter.mul_(rest);
    });
  }

  protected override describe(): string {
    return `target=${this.target}, images=${this.images}, interval=${this.interval}`;
  }
}

/** An {@link Ada}. @throws UsageError for an option out of range */
export function ada(options?: AdaOptions): Ada {
  return new Ada(options);
}

/** Grey images are three equal channels for the time being. */
function recoloured(images: Tensor, colours: Tensor): Tensor {
  const [count, channels, height, width] = images.shape;
  const flat = images.reshape([count, channels, height * width]).expand([count, 3, height * width]);
  const matrix = colours.narrow(1, { start: 0, length: 3 });
  const changed = matrix
    .narrow(2, { start: 0, length: 3 })
    .matmul(flat)
    .add(matrix.narrow(2, { start: 3, length: 1 }));
  const back = channels === 1 ? changed.mean(1, { keepdim: true }) : changed;
  return back.reshape([count, channels, height, width]);
}
