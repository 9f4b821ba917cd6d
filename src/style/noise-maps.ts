import type { StyleNetwork } from '../nn/style-network';
import { avgPool2d } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** The side that noise maps are halved down to, to look for patterns of every size. */
const LEAST = 8;
/** Keeps a map of equal numbers from becoming NaN. */
const TINY = 1e-12;

/** The noise maps [1, 1, H, W] that a network adds in use, in the order of its layers: its buffers that are called `noise`. */
export function noiseMapsOf(network: StyleNetwork): readonly Tensor[] {
  return network
    .namedBuffers()
    .filter(([name, { shape }]) => /(^|\.)noise(_\w+)?$/.test(name) && shape.length === 4)
    .map(([, map]) => map);
}

/**
 * How far noise maps [N, 1, H, W] are from noise (Karras et al. 2020, appendix D): the squared mean product of each number with its neighbour,
 * to the right and below, round the edges, over the map and over what is left of it when it is halved again and again down to 8×8, at the same
 * variance. A map of independent numbers has about 0.
 *
 * @returns one sum for each image [N], over all maps and sizes
 */
export function noiseRegularizer(maps: readonly Tensor[]): Tensor {
  const each = maps.flatMap((map) =>
    pyramid(map).flatMap((level) => [2, 3].map((dim) => repeats(level, dim))),
  );
  return each.reduce((sum, term) => sum.add(term));
}

/** Brings each image's maps back to mean 0 and mean square 1, in place: else the search would change what noise is. */
export function normalizeNoise(maps: readonly Tensor[]): void {
  for (const map of maps)
    scope(() => {
      map.sub_(map.mean([2, 3], { keepdim: true }));
      map.mul_(map.square().mean([2, 3], { keepdim: true }).add(TINY).rsqrt());
    });
}

/** A map, and its halves down to {@link LEAST}: means of 2×2 numbers, twice as large, have the same variance. */
function pyramid(map: Tensor): Tensor[] {
  const levels = [map];
  for (let level = map; Math.min(level.shape[2], level.shape[3]) > LEAST; levels.push(level))
    level = avgPool2d(level, { kernelSize: 2, stride: 2 }).mul(2);
  return levels;
}

/** The squared mean product of numbers with the next along `dim`: [N]. */
function repeats(map: Tensor, dim: number): Tensor {
  const size = map.shape[dim];
  const last = map.narrow(dim, { start: size - 1, length: 1 });
  const shifted = cat([last, map.narrow(dim, { start: 0, length: size - 1 })], dim);
  return map.mul(shifted).mean([1, 2, 3]).square();
}
