import { argumentError, numberBetween } from '../check';
import type { Tensor } from '../tensor/tensor';
import { Conv2d, type Conv2dOptions, ConvTranspose2d, type ConvTranspose2dOptions } from './conv';
import { constant_, normal_ } from './init';
import { Linear, type LinearOptions } from './linear';
import type { WeightedLayer, Weights } from './weighted-layer';

/** What the layers with an equalised learning rate have beside the options of plain ones. */
export interface EqualizedOptions {
  /** How much faster than others the layer learns (1); StyleGAN's mapping has 0.01. */
  readonly lrMultiplier?: number;
  /** Multiplies the weight beside 1 / √fanIn (1); √2 makes up for a ReLU that follows. */
  readonly gain?: number;
  /** What biases start as (0). */
  readonly biasInit?: number;
}

/** What the parameters are multiplied by whenever they are used. */
interface Multipliers {
  readonly weight: number;
  readonly bias: number;
}

/** The options themselves, checked: before there are parameters. */
function checked<O extends EqualizedOptions>(owner: string, options: O): O {
  const { lrMultiplier = 1, gain = 1, biasInit = 0 } = options;
  for (const [name, value] of Object.entries({ lrMultiplier, gain }))
    if (!(value > 0 && Number.isFinite(value)))
      throw argumentError(owner, `${name} to be a positive number`, value);
  numberBetween(owner, 'biasInit', biasInit);
  return options;
}

/** Starts the weight as N(0, 1 / lrMultiplier²): the optimizer then meets weights of the same size in every layer. */
function equalize(
  layer: WeightedLayer & { readonly bias: Tensor | null },
  { fanIn, lrMultiplier = 1, gain = 1, biasInit = 0 }: EqualizedOptions & { readonly fanIn: number },
): Multipliers {
  normal_(layer.weight, { std: 1 / lrMultiplier });
  if (layer.bias) constant_(layer.bias, biasInit / lrMultiplier);
  return { weight: (gain * lrMultiplier) / Math.sqrt(fanIn), bias: lrMultiplier };
}

function multiplied({ weight, bias }: Required<Weights>, multipliers: Multipliers): Weights {
  return {
    weight: multipliers.weight === 1 ? weight : weight.mul(multipliers.weight),
    bias: multipliers.bias === 1 ? bias : (bias?.mul(multipliers.bias) ?? null),
  };
}

/**
 * A {@link Linear} layer with an equalised learning rate (Karras et al. 2018): its weight is multiplied by
 * gain · lrMultiplier / √inFeatures whenever it is used, its bias by lrMultiplier. `weight` starts as N(0, 1 / lrMultiplier²).
 */
export class EqualizedLinear extends Linear {
  protected readonly multipliers: Multipliers;

  /** @throws UsageError for an option out of range, naming it */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions & EqualizedOptions = {}) {
    super(inFeatures, outFeatures, checked('equalizedLinear', options));
    this.multipliers = equalize(this, { ...options, fanIn: inFeatures });
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    return super.forwardWith(input, multiplied({ weight, bias }, this.multipliers));
  }
}

/** A {@link Conv2d} with an equalised learning rate; see {@link EqualizedLinear}. fanIn is inChannels / groups · kH · kW. */
export class EqualizedConv2d extends Conv2d {
  protected readonly multipliers: Multipliers;

  /** @throws UsageError for an option out of range, naming it */
  constructor(inChannels: number, outChannels: number, options: Conv2dOptions & EqualizedOptions) {
    super(inChannels, outChannels, checked('equalizedConv2d', options));
    this.multipliers = equalize(this, {
      ...options,
      fanIn: this.weight.numel / outChannels,
    });
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    return super.forwardWith(input, multiplied({ weight, bias }, this.multipliers));
  }
}

/**
 * A {@link ConvTranspose2d} with an equalised learning rate; see {@link EqualizedLinear}. fanIn is inChannels / groups · kH · kW, as
 * for the convolution.
 */
export class EqualizedConvTranspose2d extends ConvTranspose2d {
  protected readonly multipliers: Multipliers;

  /** @throws UsageError for an option out of range, naming it */
  constructor(inChannels: number, outChannels: number, options: ConvTranspose2dOptions & EqualizedOptions) {
    super(inChannels, outChannels, checked('equalizedConvTranspose2d', options));
    // weight is [inChannels, outChannels / groups, kH, kW].
    this.multipliers = equalize(this, {
      ...options,
      fanIn: this.weight.numel / outChannels,
    });
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    return super.forwardWith(input, multiplied({ weight, bias }, this.multipliers));
  }
}

/** An {@link EqualizedLinear} layer. @throws UsageError for an option out of range, naming it */
export function equalizedLinear(
  inFeatures: number,
  outFeatures: number,
  options?: LinearOptions & EqualizedOptions,
): EqualizedLinear {
  return new EqualizedLinear(inFeatures, outFeatures, options);
}

/** An {@link EqualizedConv2d} layer. @throws UsageError for an option out of range, naming it */
export function equalizedConv2d(
  inChannels: number,
  outChannels: number,
  options: Conv2dOptions & EqualizedOptions,
): EqualizedConv2d {
  return new EqualizedConv2d(inChannels, outChannels, options);
}

/** An {@link EqualizedConvTranspose2d} layer. @throws UsageError for an option out of range, naming it */
export function equalizedConvTranspose2d(
  inChannels: number,
  outChannels: number,
  options: ConvTranspose2dOptions & EqualizedOptions,
): EqualizedConvTranspose2d {
  return new EqualizedConvTranspose2d(inChannels, outChannels, options);
}
