import { empty } from '../tensor/create';
import type { Generator } from '../tensor/random';
import { drawNormal, drawUniform } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';

/** A normal distribution N(mean, std²) cut off outside [a, b]. */
export interface TruncatedNormal {
  readonly mean: number;
  readonly std: number;
  readonly a: number;
  readonly b: number;
  readonly generator?: Generator;
}

/**
 * Fills `tensor` from the distribution by rejection, with the draws PyTorch makes: from the normal distribution where most
 * of it lies inside, else from the uniform one.
 */
export function drawTruncatedNormal(tensor: Tensor, distribution: TruncatedNormal): void {
  const { mean, std, a, b } = distribution;
  const inside = normalCdf((b - mean) / std) - normalCdf((a - mean) / std);
  if (inside > 0.3) redrawNormal(tensor, distribution);
  else rejectUniform(tensor, distribution);
}

function redrawNormal(tensor: Tensor, distribution: TruncatedNormal): void {
  const { a, b } = distribution;
  drawNormal(tensor, distribution);
  let result = tensor;
  for (;;) {
    const outside = result.clamp({ min: a, max: b }).ne(result);
    if (!outside.any().item()) break;
    const fresh = emptyLike(tensor);
    drawNormal(fresh, distribution);
    result = fresh.where(outside, result);
  }
  if (result !== tensor) tensor.copy_(result);
}

function rejectUniform(tensor: Tensor, distribution: TruncatedNormal): void {
  const { mean, std, a, b, generator } = distribution;
  const peak = logDensity(Math.max(a, Math.min(mean, b)), distribution);
  const rejected = (candidates: Tensor): Tensor => {
    const accept = emptyLike(tensor);
    drawUniform(accept, { a: 0, b: 1, generator });
    return accept.log().gt(candidates.sub(mean).div(std).square().mul(-0.5).sub(peak));
  };
  drawUniform(tensor, distribution);
  let result = tensor;
  let pending = rejected(tensor);
  while (pending.any().item()) {
    const candidates = emptyLike(tensor);
    drawUniform(candidates, distribution);
    result = candidates.where(pending, result);
    pending = rejected(candidates).where(pending, pending);
  }
  if (result !== tensor) tensor.copy_(result);
}

function logDensity(x: number, { mean, std }: TruncatedNormal): number {
  return -0.5 * ((x - mean) / std) ** 2;
}

function emptyLike({ shape, dtype, device }: Tensor): Tensor {
  return empty(shape, { dtype, device });
}

/** The standard normal distribution's Φ(x), within 1e-7 (Abramowitz & Stegun 7.1.26). */
function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * series * Math.exp(-z * z);
  return x < 0 ? tail : 1 - tail;
}
