import { divisibleBy, integerPair, oneOf, type Pair, positiveInteger } from '../check';
import { empty } from '../tensor/create';
import { conv2d as conv2dOp, convTranspose2d as convTranspose2dOp, pad } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { resetParameters } from './init';
import { type Parameter, parameter } from './parameter';
import { WeightedLayer, type Weights } from './weighted-layer';

/** What surrounds the image where a kernel reaches over its border. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Options of {@link Conv2d}; a pair is [height, width], one number stands for both. */
export interface Conv2dOptions {
  readonly kernelSize: Pair;
  /** Pixels from one place of the kernel to the next (1). */
  readonly stride?: Pair;
  /** Rows and columns added on every side (0). */
  readonly padding?: Pair;
  /** Pixels from one element of the kernel to the next (1). */
  readonly dilation?: Pair;
  /** Channels are split into so many groups that do not see each other (1). */
  readonly groups?: number;
  /** Whether to add a learned bias per channel (true). */
  readonly bias?: boolean;
  /** (`zeros`) */
  readonly paddingMode?: PaddingMode;
}

/** Options of {@link ConvTranspose2d}; a pair is [height, width], one number stands for both. */
export interface ConvTranspose2dOptions extends Omit<Conv2dOptions, 'paddingMode'> {
  /** Rows and columns added at the bottom and right of the output, to choose among the sizes a stride allows (0). */
  readonly outputPadding?: Pair;
}

interface Geometry {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** What both convolutions share: checked options, weight and bias. */
abstract class Convolution extends WeightedLayer {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly kernelSize: readonly [number, number];
  protected readonly geometry: Geometry;

  constructor(
    owner: string,
    readonly inChannels: number,
    readonly outChannels: number,
    options: Conv2dOptions & { readonly transposed: boolean },
  ) {
    super();
    const { groups = 1, bias = true } = options;
    positiveInteger(owner, 'inChannels', inChannels);
    positiveInteger(owner, 'outChannels', outChannels);
    positiveInteger(owner, 'groups', groups);
    divisibleBy(owner, groups, { inChannels, outChannels });
    this.kernelSize = integerPair(owner, 'kernelSize', options.kernelSize);
    this.geometry = {
      stride: integerPair(owner, 'stride', options.stride ?? 1),
      padding: integerPair(owner, 'padding', options.padding ?? 0, 0),
      dilation: integerPair(owner, 'dilation', options.dilation ?? 1),
      groups,
    };
    const [first, second] = options.transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    this.weight = parameter(empty([first, second / groups, ...this.kernelSize]));
    this.bias = bias ? parameter(empty([outChannels])) : null;
    resetParameters(this.weight, this.bias);
  }

  /** Channels and what is not as usual, for `toString()`. */
  protected override describe(): string {
    const { stride, padding, dilation, groups } = this.geometry;
    return [
      `${this.inChannels}, ${this.outChannels}, kernelSize=[${this.kernelSize.join(', ')}], stride=[${stride.join(', ')}]`,
      ...(padding.some((side) => side !== 0) ? [`padding=[${padding.join(', ')}]`] : []),
      ...(dilation.some((side) => side !== 1) ? [`dilation=[${dilation.join(', ')}]`] : []),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
      ...(this.bias === null ? ['bias=false'] : []),
    ].join(', ');
  }
}

/**
 * A convolution (cross-correlation) of images.
 *
 * Input [N, inChannels, H, W], output [N, outChannels, H', W'] with H' = ⌊(H + 2·padding − dilation·(kernelSize − 1) − 1) /
 * stride⌋ + 1. `weight` [outChannels, inChannels / groups, kH, kW] and `bias` [outChannels] start as U(−b, b),
 * b = 1 / √(inChannels / groups · kH · kW).
 */
export class Conv2d extends Convolution {
  readonly paddingMode: PaddingMode;

  /** @throws UsageError for an option out of range, naming it */
  constructor(inChannels: number, outChannels: number, options: Conv2dOptions) {
    // Checked before the parameters are made.
    const paddingMode = oneOf('conv2d', 'paddingMode', options?.paddingMode ?? 'zeros', [
      'zeros',
      'reflect',
      'replicate',
      'circular',
    ]);
    super('conv2d', inChannels, outChannels, { ...options, transposed: false });
    this.paddingMode = paddingMode;
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    if (this.paddingMode === 'zeros') return conv2dOp(input, weight, bias, this.geometry);
    const [rows, columns] = this.geometry.padding;
    const padded = pad(input, [columns, columns, rows, rows], { mode: this.paddingMode });
    return conv2dOp(padded, weight, bias, { ...this.geometry, padding: 0 });
  }

  /** Channels and what is not as usual, for `toString()`. */
  protected override describe(): string {
    return super.describe() + (this.paddingMode === 'zeros' ? '' : `, paddingMode=${this.paddingMode}`);
  }
}

/**
 * A transposed convolution: what carries gradients back through a {@link Conv2d}, used to enlarge images.
 *
 * Input [N, inChannels, H, W], output [N, outChannels, H', W'] with H' = (H − 1)·stride − 2·padding +
 * dilation·(kernelSize − 1) + outputPadding + 1. `weight` [inChannels, outChannels / groups, kH, kW] and `bias`
 * [outChannels] start as U(−b, b), b = 1 / √(outChannels / groups · kH · kW).
 */
export class ConvTranspose2d extends Convolution {
  readonly outputPadding: readonly [number, number];

  /** @throws UsageError for an option out of range, naming it */
  constructor(inChannels: number, outChannels: number, options: ConvTranspose2dOptions) {
    const outputPadding = integerPair('convTranspose2d', 'outputPadding', options?.outputPadding ?? 0, 0);
    super('convTranspose2d', inChannels, outChannels, { ...options, transposed: true });
    this.outputPadding = outputPadding;
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    const { outputPadding } = this;
    const { stride, padding, dilation, groups } = this.geometry;
    const options = { stride, padding, dilation, groups, outputPadding };
    return convTranspose2dOp(input, weight, bias, options);
  }

  /** Channels and what is not as usual, for `toString()`. */
  protected override describe(): string {
    const extra = this.outputPadding.some((side) => side !== 0);
    return super.describe() + (extra ? `, outputPadding=[${this.outputPadding.join(', ')}]` : '');
  }
}

/** A {@link Conv2d} layer. @throws UsageError for an option out of range, naming it */
export function conv2d(inChannels: number, outChannels: number, options: Conv2dOptions): Conv2d {
  return new Conv2d(inChannels, outChannels, options);
}

/** A {@link ConvTranspose2d} layer. @throws UsageError for an option out of range, naming it */
export function convTranspose2d(
  inChannels: number,
  outChannels: number,
  options: ConvTranspose2dOptions,
): ConvTranspose2d {
  return new ConvTranspose2d(inChannels, outChannels, options);
}
