import { ops } from '../native/ops.generated';
import type { Generator } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import { optionalHandle, wrap } from '../tensor/wrap';

/** Height, then width. */
export type Size = readonly [number, number];

/** Fills with N(mean, std²), in place. */
export function drawNormal(
  tensor: Tensor,
  { mean, std, generator }: { mean: number; std: number; generator?: Generator },
): void {
  ops.normal_(tensor.handle, mean, std, generator?.handle ?? null);
}

/** Fills with U(a, b), in place. */
export function drawUniform(
  tensor: Tensor,
  { a, b, generator }: { a: number; b: number; generator?: Generator },
): void {
  ops.uniform_(tensor.handle, a, b, generator?.handle ?? null);
}

/** The reduced QR decomposition of a matrix [m, n]: q [m, k] and the diagonal [k] of r, k = min(m, n). */
export function qr(matrix: Tensor): { q: Tensor; diagonal: Tensor } {
  const [q, r] = ops.linalg_qr(matrix.handle);
  const whole = wrap(r, 'qr');
  return { q: wrap(q, 'qr'), diagonal: wrap(ops.diagonal(whole.handle), 'qr') };
}

/** What {@link maxPool2d} and {@link avgPool2d} share. */
export interface Window {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly ceilMode: boolean;
}

/** The largest element of each window. */
export function maxPool2d(input: Tensor, options: Window & { readonly dilation: Size }): Tensor {
  const { kernelSize, stride, padding, dilation, ceilMode } = options;
  return wrap(ops.max_pool2d(input.handle, kernelSize, stride, padding, dilation, ceilMode), 'maxPool2d');
}

/** The mean of each window. */
export function avgPool2d(input: Tensor, options: Window & { readonly countIncludePad: boolean }): Tensor {
  const { kernelSize, stride, padding, ceilMode, countIncludePad } = options;
  return wrap(
    ops.avg_pool2d(input.handle, kernelSize, stride, padding, ceilMode, countIncludePad),
    'avgPool2d',
  );
}

/** How {@link resample} finds the output's size and its pixels; either `size` or `scaleFactor` is null. */
export interface Resampling {
  readonly size: Size | null;
  readonly scaleFactor: Size | null;
  readonly mode: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;
}

/** Images [N, C, H, W] of another size. */
export function resample(input: Tensor, { size, scaleFactor, mode, alignCorners }: Resampling): Tensor {
  const handle =
    mode === 'nearest'
      ? ops.upsample_nearest2d_vec(input.handle, size, scaleFactor)
      : ops.upsample_bilinear2d_vec(input.handle, size, alignCorners, scaleFactor);
  return wrap(handle, 'interpolate');
}

/** What {@link instanceNorm} works with; see InstanceNorm2d. */
export interface InstanceStatistics {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  /** Normalises by each image's own statistics instead of the running ones. */
  readonly useInputStats: boolean;
  readonly momentum: number;
  readonly eps: number;
}

/** (x − mean) / √(var + eps) · weight + bias for each channel of each image. */
export function instanceNorm(input: Tensor, options: InstanceStatistics): Tensor {
  const { weight, bias, runningMean, runningVar, useInputStats, momentum, eps } = options;
  const handle = ops.instance_norm(
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    optionalHandle(runningMean),
    optionalHandle(runningVar),
    useInputStats,
    momentum,
    eps,
    true,
  );
  return wrap(handle, 'instanceNorm');
}

/** Rows of `weight` at int64 indices; the row `paddingIdx` (−1: none) gets no gradient. */
export function lookUp(weight: Tensor, indices: Tensor, paddingIdx: number): Tensor {
  return wrap(ops.embedding(weight.handle, indices.handle, paddingIdx), 'embedding');
}

/** Writes `rows` over those of `target` at int64 indices; where one comes twice, either may stay. */
export function replaceRows(target: Tensor, indices: Tensor, rows: Tensor): void {
  ops.index_copy_(target.handle, 0, indices.handle, rows.handle);
}

/** ln(1 + e^(beta · x)) / beta, x itself where beta · x > threshold. */
export function softplusOf(input: Tensor, { beta, threshold }: { beta: number; threshold: number }): Tensor {
  return wrap(ops.softplus(input.handle, beta, threshold), 'softplus');
}

/** The product [n] of a matrix [n, m] and a vector [m]. */
export function matrixVector(matrix: Tensor, vector: Tensor): Tensor {
  return wrap(ops.mv(matrix.handle, vector.handle), 'mv');
}

/** The inner product of two vectors. */
export function innerProduct(a: Tensor, b: Tensor): Tensor {
  return wrap(ops.dot(a.handle, b.handle), 'dot');
}

/** In float32 what autocast made in half of it; anything else as it is. */
export function inFullPrecision(input: Tensor): Tensor {
  return input.dtype === 'bfloat16' || input.dtype === 'float16' ? input.float() : input;
}
