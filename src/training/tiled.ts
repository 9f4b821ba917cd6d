import { type Span, type TileInside, WholeImageStatistics } from '../nn/instance-statistics';
import { GroupNorm } from '../nn/normalization';
import { tensor, zeros } from '../tensor/create';
import { handTo, keep, openScope, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { addBorder, borderFor, cutBorder } from './image-border';
import type { ImageSampler, MaskOptions, TranslateOptions } from './image-sampler';
import type { Networks } from './phase';
import { planTiles, type Tile, type TileOptions, type TileSpan, tileSize } from './tile-plan';

/** What makes images of images, and where. */
export interface TilingModel {
  readonly sampler: ImageSampler;
  readonly networks: Networks;
  readonly device: string;
}

/** Which direction and what chance draws by, and how images are cut. */
export type TilingOptions = MaskOptions & TileOptions;

/** How far an image is: tiles, in all passes over them. */
export interface TileProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Whether tiles come out as parts of the whole image: the network looks no further than its receptive field, draws nothing, and its norms
 * take running statistics, or are instance norms, whose statistics over the whole image can be found. Others are blended over their
 * overlap, and seams may be seen.
 */
export function isSeamless({ sampler, networks }: TilingModel, direction?: string): boolean {
  const modules = networks[sampler.direction(direction).by].modules();
  return (
    Number.isFinite(sampler.reach.receptiveField) &&
    sampler.norms === 'running' &&
    !modules.some((module) => module instanceof GroupNorm)
  );
}

/**
 * What a sampler makes of images float32 [N, C, H, W], tile by tile, in the memory that a tile takes: float32 [N, C', H, W] on the CPU,
 * each side times the sampler's scale, in the caller's scope. Where it {@link isSeamless}, it is what `sampler.make` makes as long as the overlap is at least half of the
 * receptive field, but for rounding. Instance norms want the statistics of the whole image: each costs a pass over the tiles up to it.
 *
 * @throws UsageError for images or tiles that are too small, or a direction that the model lacks
 */
export function makeInTiles(model: TilingModel, images: Tensor, options: TilingOptions): Tensor {
  const steps = tileByTile(model, images, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return handTo(openScope(), step.value);
}

/** {@link makeInTiles} with a pause after each tile; what comes out belongs to no scope, and the caller disposes it. */
export function* tileByTile(
  model: TilingModel,
  images: Tensor,
  options: TilingOptions,
): Generator<TileProgress, Tensor> {
  const { reach, scale } = model.sampler;
  const { direction, masks, seed = 0 } = options;
  const [count, , height, width] = images.shape;
  const size = tileSize(reach, options);
  const border = borderFor(reach, { height, width });
  const made: Tensor[] = [];
  const one = (all: Tensor, start: number) => all.narrow(0, { start, length: 1 });
  try {
    for (let start = 0; start < count; start++) {
      const image = keep(
        scope(() => {
          const own = { direction, masks: masks && one(masks, start) };
          return addBorder(model.sampler.join(one(images, start), own), border);
        }),
      );
      try {
        const [, , rows, columns] = image.shape;
        const tiles = planTiles({ height: rows, width: columns }, size);
        // The n-th image by the seed that it has in `sampler.make`.
        made.push(yield* makeOne({ ...model, options: { direction, seed: seed + start }, image, tiles }));
      } finally {
        image.dispose();
      }
    }
    return keep(scope(() => cutBorder(cat(made), border, scale)));
  } finally {
    for (const each of made) each.dispose();
  }
}

/** One image to be made. */
interface TilingJob extends TilingModel {
  readonly options: TranslateOptions;
  /** [1, C, H, W], of a size that the network takes. */
  readonly image: Tensor;
  readonly tiles: readonly Tile[];
}

function* makeOne(job: TilingJob): Generator<TileProgress, Tensor> {
  const canvas = new Canvas(job.image.shape, job.sampler.scale);
  try {
    yield* isSeamless(job, job.options.direction) ? makeInPasses(job, canvas) : blend(job, canvas);
    return canvas.take();
  } finally {
    canvas.dispose();
  }
}

/** Keeps the inside of each tile; norms of the image's own statistics take those of the whole image, which passes before find. */
function* makeInPasses(job: TilingJob, canvas: Canvas): Generator<TileProgress, void> {
  const { tiles, sampler, networks, options } = job;
  const statistics = new WholeImageStatistics(networks[sampler.direction(options.direction).by]);
  let done = 0;
  try {
    do
      for (const tile of tiles) {
        scope(() => {
          const made = statistics.over(insideOf(tile), () => makeTile(job, tile));
          if (made) canvas.put(tile, made);
        });
        done++;
        yield { done, total: Math.max(statistics.passes * tiles.length, done) };
      }
    while (statistics.endPass());
  } finally {
    statistics.dispose();
  }
}

/** Mixes tiles where they overlap. */
function* blend(job: TilingJob, canvas: Canvas): Generator<TileProgress, void> {
  const { tiles } = job;
  for (const [index, tile] of tiles.entries()) {
    scope(() => canvas.add(tile, makeTile(job, tile, index)));
    yield { done: index + 1, total: tiles.length };
  }
}

function makeTile(
  { sampler, networks, device, options, image }: TilingJob,
  { rows, columns }: Tile,
  index = 0,
): Tensor {
  const { direction, seed = 0 } = options;
  const part = image.narrow(2, rows).narrow(3, columns).contiguous().to(device);
  return sampler.makeJoined(networks, part, { direction, seed: seed + index }).to('cpu');
}

/** What is kept of a tile, counted from its own start. */
function insideOf({ rows, columns }: Tile): TileInside {
  const [top, left] = [rows, columns].map(({ start, kept }) => kept.start - start);
  return {
    rows: { start: top, length: rows.kept.length },
    columns: { start: left, length: columns.kept.length },
    height: rows.length,
    width: columns.length,
  };
}

/** A span of an output that is so many times as large as what it was made of. */
function enlarged({ start, length }: Span, scale: number): Span {
  return { start: start * scale, length: length * scale };
}

/** The image that tiles are put into, on the CPU. */
class Canvas {
  #image: Tensor | null = null;

  /**
   * @param shape [1, C, H, W] of the image that tiles are cut from
   * @param scale how many times as high and wide what is made of them is
   */
  constructor(
    readonly shape: readonly number[],
    readonly scale: number,
  ) {}

  /** Puts the inside of a tile in its place. */
  put(tile: Tile, made: Tensor): void {
    const { rows, columns } = insideOf(tile);
    const { scale } = this;
    const part = (images: Tensor, height: Span, width: Span) =>
      images.narrow(2, enlarged(height, scale)).narrow(3, enlarged(width, scale));
    part(this.#of(made), tile.rows.kept, tile.columns.kept).copy_(part(made, rows, columns));
  }

  /** Adds a tile's share of the image. */
  add({ rows, columns }: Tile, made: Tensor): void {
    const { scale } = this;
    const sharesOf = (span: TileSpan) =>
      tensor(
        span.shares.flatMap((share) => new Array<number>(scale).fill(share)),
        { device: 'cpu' },
      );
    const shares = sharesOf(rows).unsqueeze(1).mul(sharesOf(columns));
    this.#of(made)
      .narrow(2, enlarged(rows, scale))
      .narrow(3, enlarged(columns, scale))
      .add_(made.mul(shares));
  }

  /** The image, the caller's. */
  take(): Tensor {
    const image = this.#image;
    if (!image) throw new RangeError('expected an image of at least one tile but there is none');
    this.#image = null;
    return image;
  }

  dispose(): void {
    this.#image?.dispose();
    this.#image = null;
  }

  #of({ shape: [, channels] }: Tensor): Tensor {
    const [height, width] = this.shape.slice(2).map((side) => side * this.scale);
    this.#image ??= keep(zeros([1, channels, height, width], { device: 'cpu' }));
    return this.#image;
  }
}
