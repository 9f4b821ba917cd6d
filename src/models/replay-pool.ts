import { argumentError, positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { TorchError } from '../native/torch-error';
import { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { arange, rand, tensor, zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Options of {@link replayPool}. */
export interface ReplayPoolOptions {
  /** The images it keeps. */
  readonly images: ImageShape;
  /** How many it keeps; 0 for none, which passes everything on (50). */
  readonly size?: number;
}

/** Older images to show a discriminator; see {@link replayPool}. */
export class ReplayPool extends Module {
  readonly size: number;
  /** The images kept [size, C, H, W]; null where size is 0. */
  readonly images: Tensor | null;
  /** How many images it holds by now: int64, of shape []. */
  readonly count: Tensor | null;

  /** @throws UsageError for an option out of range */
  constructor({ images: { channels, height, width }, size = 50 }: ReplayPoolOptions) {
    for (const [name, value] of Object.entries({ channels, height, width }))
      positiveInteger('replayPool', `images.${name}`, value);
    if (!Number.isSafeInteger(size) || size < 0)
      throw argumentError('replayPool', 'size to be an integer of at least 0', size);
    super();
    this.size = size;
    const shape = [size, channels, height, width];
    const own = { shared: false };
    this.images = size === 0 ? null : this.registerBuffer('images', zeros(shape), own);
    this.count = size === 0 ? null : this.registerBuffer('count', tensor(0, { dtype: 'int64' }), own);
  }

  /** Takes new images and gives as many, without a graph. It draws two numbers for each from the default generator. */
  override forward(images: Tensor): Tensor {
    const { images: kept, count } = this;
    if (kept === null || count === null) return images.detach();
    const [, ...shape] = kept.shape;
    if (images.dim !== 4 || `${images.shape.slice(1)}` !== `${shape}`)
      throw new TorchError(
        `expected images [N, ${shape.join(', ')}] but received [${images.shape.join(', ')}]`,
        'ERR_SHAPE',
        'forward',
      );
    return scope(() => noGrad(() => exchange(images.detach(), { kept, count })));
  }

  protected override describe(): string {
    return `size=${this.size}`;
  }
}

/**
 * A pool of a generator's earlier images, for its discriminator (Shrivastava et al. 2017; Zhu et al. 2017): each new image comes back
 * itself or, with probability ½, an old one does, whose place in the pool it takes. The first `size` images are kept and come back
 * themselves. The images of a batch pass one after another.
 *
 * `forward`: [N, C, H, W] → [N, C, H, W], on the device and without a graph; it waits for nothing, so that it can be captured. The pool
 * is in state dicts, and moves whether or not it is frozen or training. Of several processes that train together each has its own.
 *
 * @throws UsageError for an option out of range
 */
export function replayPool(options: ReplayPoolOptions): ReplayPool {
  return new ReplayPool(options);
}

/** The pool's tensors. */
interface Kept {
  readonly kept: Tensor;
  readonly count: Tensor;
}

/**
 * One after another without a loop: image i is to be written to place[i] or not, and what it meets there is the last image before it
 * that was, else what the pool held.
 */
function exchange(images: Tensor, { kept, count }: Kept): Tensor {
  const [batch] = images.shape;
  const [size] = kept.shape;
  const { device } = kept;
  const entering = images.to({ dtype: kept.dtype });
  const [coins, draws] = rand([2, batch], { device }).unbind();
  const order = arange({ end: batch }, { dtype: 'int64', device });
  const slot = count.add(order);
  const filling = slot.lt(size);
  const drawn = draws
    .mul(size)
    .to({ dtype: 'int64' })
    .clamp({ max: size - 1 });
  const place = slot.where(filling, drawn);
  const heads = coins.lt(0.5);
  const swapped = heads.maskedFill(filling, 0);
  const written = heads.maskedFill(filling, 1);

  const held = kept.indexSelect(0, place);
  /** For each image the last of those in `among` that was written to its place, else what the pool held there. */
  const last = (among: Tensor): Tensor => {
    const positions = order
      .add(1)
      .mul(among.to({ dtype: 'int64' }))
      .amax(1);
    const found = spread(positions.gt(0), images.dim);
    return entering.indexSelect(0, positions.sub(1).clamp({ min: 0 })).where(found, held);
  };
  const samePlace = place.unsqueeze(1).eq(place).mul(written);
  const earlier = order.unsqueeze(1).gt(order);
  const met = last(samePlace.mul(earlier));
  // Every image writes what comes to be at its place: where two have one, they write the same.
  kept.indexCopy_(0, place, last(samePlace));
  count.add_(batch).clamp_({ max: size });
  return met.where(spread(swapped, images.dim), entering).to({ dtype: images.dtype });
}

/** [N] as [N, 1, …] of `dims` dimensions. */
function spread(values: Tensor, dims: number): Tensor {
  return values.reshape([-1, ...Array.from({ length: dims - 1 }, () => 1)]);
}
