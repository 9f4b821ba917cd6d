import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import { type ChannelStatistics, InstanceNorm2d } from './normalization';

/** Some of the rows or columns of an image. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** The part of a tile that counts, where the rest is a margin that neighbouring tiles cover. */
export interface TileInside {
  readonly rows: Span;
  readonly columns: Span;
  /** Of the whole tile. */
  readonly height: number;
  readonly width: number;
}

/** Number, mean and sum of squared deviations of a channel's elements: float64 [C]. */
interface Moments {
  readonly count: number;
  readonly mean: Tensor;
  readonly squares: Tensor;
}

/** Ends a forward pass at a norm whose statistics are not known yet. */
class Stopped extends Error {}

/**
 * Instance norms by the statistics of a whole image of which only tiles are computed at once. What a norm meets depends on the statistics
 * of those before it, so each pass over the tiles finds those of one norm, and stops there: the first pass those of the first
 * norm, and so on. As many passes as there are norms go less far than the last one, which makes the image.
 *
 * ```ts
 * do for (const tile of tiles) made = statistics.over(tile, () => network.forward(part(tile))) ?? made;
 * while (statistics.endPass());
 * ```
 */
export class WholeImageStatistics {
  readonly #norms: readonly InstanceNorm2d[];
  /** By the order of calls in a forward pass: a norm may be called twice. */
  readonly #known: Moments[] = [];
  #next: Moments | null = null;

  constructor(network: Module) {
    this.#norms = network.modules().filter(isOfImages);
  }

  /** Passes over the tiles in all, the one that makes the image included, if each norm is called once. */
  get passes(): number {
    return this.#norms.length + 1;
  }

  /**
   * Runs `body`, a forward pass over a tile of one image, in which norms use what is known of the whole image.
   *
   * @returns null where the pass ended at a norm of which nothing is known: the part of the tile that counts is counted there
   */
  over(inside: TileInside, body: () => Tensor): Tensor | null {
    let call = 0;
    const source = (input: Tensor): ChannelStatistics => {
      const known = this.#known[call++];
      if (known) return statisticsOf(known, input);
      this.#count(momentsOf(input, inside));
      throw new Stopped();
    };
    for (const norm of this.#norms) norm.takeStatisticsFrom(source);
    try {
      return body();
    } catch (error) {
      if (error instanceof Stopped) return null;
      throw error;
    } finally {
      for (const norm of this.#norms) norm.takeStatisticsFrom(null);
    }
  }

  /** Ends a pass over all tiles. @returns whether it met a norm of which nothing was known, so that another pass is needed */
  endPass(): boolean {
    if (!this.#next) return false;
    this.#known.push(this.#next);
    this.#next = null;
    return true;
  }

  dispose(): void {
    this.endPass();
    for (const moments of this.#known.splice(0)) release(moments);
  }

  #count(met: Moments): void {
    const before = this.#next;
    this.#next = keep(before ? scope(() => together(before, met)) : met);
    if (before) release(before);
  }
}

/** Whether a module normalises by the image's own statistics, also when it is not training. */
function isOfImages(module: Module): module is InstanceNorm2d {
  return module instanceof InstanceNorm2d && module.runningMean === null;
}

/** Of the part of a map [1, C, h, w] that shows the inside of its tile. */
function momentsOf(map: Tensor, { rows, columns, height, width }: TileInside): Moments {
  return scope(() => {
    const [, , mapHeight, mapWidth] = map.shape;
    const part = map.narrow(2, scaled(rows, mapHeight / height)).narrow(3, scaled(columns, mapWidth / width));
    const [, , partHeight, partWidth] = part.shape;
    const count = partHeight * partWidth;
    const squares = part.float().var([0, 2, 3], { correction: 0 }).double().mul(count);
    return { count, mean: part.float().mean([0, 2, 3]).double(), squares };
  });
}

function scaled({ start, length }: Span, factor: number): Span {
  const first = Math.round(start * factor);
  return { start: first, length: Math.max(1, Math.round((start + length) * factor) - first) };
}

/** Of the elements of both (Chan, Golub & LeVeque 1979): no difference of large numbers. */
function together(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const apart = b.mean.sub(a.mean);
  const between = apart.square().mul((a.count * b.count) / count);
  return {
    count,
    mean: a.mean.add(apart.mul(b.count / count)),
    squares: a.squares.add(b.squares).add(between),
  };
}

function statisticsOf({ count, mean, squares }: Moments, { dtype }: Tensor): ChannelStatistics {
  return { mean: mean.to({ dtype }), variance: squares.div(count).to({ dtype }) };
}

function release({ mean, squares }: Moments): void {
  mean.dispose();
  squares.dispose();
}
