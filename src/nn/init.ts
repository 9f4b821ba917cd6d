import { argumentError } from '../check';
import { noGrad } from '../tensor/autograd';
import { empty } from '../tensor/create';
import { qr } from '../tensor/linalg';
import type { Generator } from '../tensor/random';
import { drawNormal, drawUniform } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { drawTruncatedNormal } from './truncated-normal';

/** Where an initialiser draws from: the device's default generator unless one is given. */
export interface DrawOptions {
  readonly generator?: Generator;
}

/** The nonlinearity after a layer: decides the gain. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Options of the Kaiming initialisers. */
export interface KaimingOptions extends DrawOptions {
  /** The negative slope of a leaky ReLU (0). */
  readonly a?: number;
  /** Keeps the variance of activations (`fanIn`) or of gradients (`fanOut`). */
  readonly mode?: 'fanIn' | 'fanOut';
  /** The nonlinearity that follows (`leakyRelu`). */
  readonly nonlinearity?: Nonlinearity;
}

/** Fills with N(mean, std²). */
export function normal_(
  tensor: Tensor,
  { mean = 0, std = 1, generator }: DrawOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  return filling(tensor, () => drawNormal(tensor, { mean, std, generator }));
}

/** Fills with U(a, b), by default U(0, 1). */
export function uniform_(
  tensor: Tensor,
  { a = 0, b = 1, generator }: DrawOptions & { readonly a?: number; readonly b?: number } = {},
): Tensor {
  return filling(tensor, () => drawUniform(tensor, { a, b, generator }));
}

/** Fills with one value. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return filling(tensor, () => tensor.fill_(value));
}

/** Fills with zeros. */
export function zeros_(tensor: Tensor): Tensor {
  return constant_(tensor, 0);
}

/** Fills with ones. */
export function ones_(tensor: Tensor): Tensor {
  return constant_(tensor, 1);
}

/**
 * Fills with U(−b, b), b = gain · √(6 / (fanIn + fanOut)) (Glorot & Bengio 2010).
 *
 * @throws UsageError for tensors of fewer than two dimensions
 */
export function xavierUniform_(
  tensor: Tensor,
  { gain = 1, generator }: DrawOptions & { readonly gain?: number } = {},
): Tensor {
  const bound = Math.sqrt(3) * xavierStd('xavierUniform_', tensor, gain);
  return uniform_(tensor, { a: -bound, b: bound, generator });
}

/**
 * Fills with N(0, σ²), σ = gain · √(2 / (fanIn + fanOut)) (Glorot & Bengio 2010).
 *
 * @throws UsageError for tensors of fewer than two dimensions
 */
export function xavierNormal_(
  tensor: Tensor,
  { gain = 1, generator }: DrawOptions & { readonly gain?: number } = {},
): Tensor {
  return normal_(tensor, { std: xavierStd('xavierNormal_', tensor, gain), generator });
}

/**
 * Fills with U(−b, b), b = gain · √(3 / fan) (He et al. 2015).
 *
 * @throws UsageError for tensors of fewer than two dimensions
 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', tensor, options);
  return uniform_(tensor, { a: -bound, b: bound, generator: options.generator });
}

/**
 * Fills with N(0, σ²), σ = gain / √fan (He et al. 2015).
 *
 * @throws UsageError for tensors of fewer than two dimensions
 */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, {
    std: kaimingStd('kaimingNormal_', tensor, options),
    generator: options.generator,
  });
}

/**
 * Fills with a (semi-)orthogonal matrix times `gain`, dimensions after the first flattened (Saxe et al. 2013).
 *
 * @throws UsageError for tensors of fewer than two dimensions
 */
export function orthogonal_(
  tensor: Tensor,
  { gain = 1, generator }: DrawOptions & { readonly gain?: number } = {},
): Tensor {
  fans('orthogonal_', tensor);
  const rows = tensor.shape[0];
  const columns = tensor.numel / rows;
  const wide = rows < columns;
  return filling(tensor, () => {
    const noise = empty([rows, columns], { dtype: tensor.dtype, device: tensor.device });
    drawNormal(noise, { mean: 0, std: 1, generator });
    const { q, diagonal } = qr(wide ? noise.t() : noise);
    // The sign of R's diagonal makes the distribution uniform (Mezzadri 2007).
    const signed = q.mul(diagonal.sign());
    tensor.copy_((wide ? signed.t() : signed).reshape(tensor.shape)).mul_(gain);
  });
}

/** Bounds of {@link truncNormal_}. */
export interface TruncatedOptions extends DrawOptions {
  readonly mean?: number;
  readonly std?: number;
  /** The lowest value (−2). */
  readonly a?: number;
  /** The highest value (2). */
  readonly b?: number;
}

/**
 * Fills with N(mean, std²) within [a, b]: values outside are drawn again until none is left.
 *
 * @throws UsageError unless a < b
 */
export function truncNormal_(tensor: Tensor, options: TruncatedOptions = {}): Tensor {
  const { mean = 0, std = 1, a = -2, b = 2, generator } = options;
  if (!(a < b)) throw argumentError('truncNormal_', `b to be above a (${a})`, b);
  return filling(tensor, () => drawTruncatedNormal(tensor, { mean, std, a, b, generator }));
}

/** PyTorch's start of linear and convolution layers: weight and bias U(−1/√fanIn, 1/√fanIn). */
export function resetParameters(weight: Tensor, bias: Tensor | null): void {
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  if (bias === null) return;
  const bound = 1 / Math.sqrt(fans('resetParameters', weight).fanIn);
  uniform_(bias, { a: -bound, b: bound });
}

/** Fan-in and fan-out of a weight: its second and first size times the kernel's elements. */
function fans(owner: string, tensor: Tensor): { fanIn: number; fanOut: number } {
  const [outputs, inputs, ...kernel] = tensor.shape;
  if (inputs === undefined)
    throw argumentError(owner, 'a tensor of at least two dimensions', [...tensor.shape]);
  const elements = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: inputs * elements, fanOut: outputs * elements };
}

function xavierStd(owner: string, tensor: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(owner, tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function kaimingStd(
  owner: string,
  tensor: Tensor,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions,
): number {
  return gainOf(nonlinearity, a) / Math.sqrt(fans(owner, tensor)[mode]);
}

function gainOf(nonlinearity: Nonlinearity, slope: number): number {
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      return 1;
  }
}

function filling(tensor: Tensor, fill: () => unknown): Tensor {
  scope(() => {
    noGrad(fill);
  });
  return tensor;
}
