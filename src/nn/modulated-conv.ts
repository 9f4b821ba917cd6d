import { argumentError, numberBetween, positiveInteger } from '../check';
import { autocasts, noGrad, withoutAutocast } from '../tensor/autograd';
import { empty } from '../tensor/create';
import { conv2d, convTranspose2d, linear } from '../tensor/functional';
import { blur2d } from '../tensor/resample';
import type { Tensor } from '../tensor/tensor';
import { normal_ } from './init';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Options of {@link ModulatedConv2d}. */
export interface ModulatedConv2dOptions {
  /** Height and width of the kernel, an odd number: the border is zeros, and the size stays. */
  readonly kernelSize: number;
  /** Whether outputs are divided by the standard deviation that unit inputs would give them (true). */
  readonly demodulate?: boolean;
  /** Whether images become twice as large: a transposed convolution of stride 2, then a blur by [1, 3, 3, 1] (false). */
  readonly up?: boolean;
  /** What outputs are multiplied by (1). */
  readonly gain?: number;
}

/** Added to the variance. */
const EPS = 1e-8;

/**
 * A convolution whose input channels are weighted by a style of each image's own (Karras et al. 2020), with an equalised learning rate and
 * without bias. As a scaling of activations, which needs no weights of each image's own:
 *
 * y = d ⊙ conv(W, s ⊙ x), d_no = 1 / √(Σ_i s_ni² · Σ_k W_oik² + 1e-8), or d = 1 without demodulation.
 *
 * Input [N, inChannels, H, W] and scales s [N, inChannels], output [N, outChannels, H, W], twice as high and wide with `up`. `weight`
 * [outChannels, inChannels, k, k] starts as N(0, 1), and is divided by √(inChannels · k²) whenever it is used. d is float32, also inside autocast, and there
 * weights and scales are divided by their largest magnitude before: d makes up for it.
 */
export class ModulatedConv2d extends Module {
  readonly weight: Parameter;
  readonly kernelSize: number;
  readonly demodulate: boolean;
  readonly up: boolean;
  readonly gain: number;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    { kernelSize, demodulate = true, up = false, gain = 1 }: ModulatedConv2dOptions,
  ) {
    super();
    for (const [name, value] of Object.entries({ inChannels, outChannels, kernelSize }))
      positiveInteger('modulatedConv2d', name, value);
    if (kernelSize % 2 === 0)
      throw argumentError('modulatedConv2d', 'kernelSize to be an odd number', kernelSize);
    if (up && kernelSize !== 3)
      throw argumentError('modulatedConv2d', 'kernelSize to be 3 where images become larger', kernelSize);
    this.kernelSize = kernelSize;
    this.demodulate = demodulate;
    this.up = up;
    this.gain = numberBetween('modulatedConv2d', 'gain', gain);
    this.weight = parameter(empty([outChannels, inChannels, kernelSize, kernelSize]));
    normal_(this.weight);
  }

  /** Maps of maps [N, inChannels, H, W], by scales s [N, inChannels], float32. */
  override forward(input: Tensor, scales: Tensor): Tensor {
    if (!this.demodulate) return this.convolved(input, scales, this.weight.mul(this.gain * this.multiplier));
    const { weight, s } = this.normalised(scales);
    const output = this.convolved(input, s, weight);
    const factors = withoutAutocast(input.device, () => {
      const energy = weight.square().sum([2, 3]);
      return linear(s.square(), energy).add(EPS).rsqrt();
    });
    const d = this.gain === 1 ? factors : factors.mul(this.gain);
    return output.mul(channelwise(d, output));
  }

  private get multiplier(): number {
    return 1 / Math.sqrt(this.inChannels * this.kernelSize ** 2);
  }

  /** Weights and scales of a size that short numbers hold: only what demodulation undoes may change. */
  private normalised(scales: Tensor): { readonly weight: Tensor; readonly s: Tensor } {
    if (!autocasts(scales.device)) return { weight: this.weight.mul(this.multiplier), s: scales };
    // Constants to autograd: what comes out does not depend on them.
    const [most, strongest] = noGrad(() => [
      this.weight.abs().amax([1, 2, 3], { keepdim: true }).clamp({ min: EPS }),
      scales.abs().amax([1], { keepdim: true }).clamp({ min: EPS }),
    ]);
    return { weight: this.weight.mul(this.multiplier).div(most), s: scales.div(strongest) };
  }

  private convolved(input: Tensor, scales: Tensor, weight: Tensor): Tensor {
    const x = input.mul(channelwise(scales, input));
    if (!this.up) return conv2d(x, weight, null, { padding: (this.kernelSize - 1) / 2 });
    const larger = convTranspose2d(x, weight.transpose(0, 1), null, { stride: 2 });
    return blur2d(larger, { padding: [1, 1, 1, 1], gain: 4 });
  }

  protected override describe(): string {
    const { inChannels, outChannels, kernelSize, demodulate, up, gain } = this;
    return [
      `${inChannels}, ${outChannels}, kernelSize=${kernelSize}`,
      ...(demodulate ? [] : ['demodulate=false']),
      ...(up ? ['up=true'] : []),
      ...(gain === 1 ? [] : [`gain=${gain}`]),
    ].join(', ');
  }
}

/** A {@link ModulatedConv2d} layer. @throws UsageError for an option out of range, naming it */
export function modulatedConv2d(
  inChannels: number,
  outChannels: number,
  options: ModulatedConv2dOptions,
): ModulatedConv2d {
  return new ModulatedConv2d(inChannels, outChannels, options);
}

/** Numbers [N, C] for every pixel of maps [N, C, H, W], in their dtype. */
function channelwise(values: Tensor, { dtype }: Tensor): Tensor {
  return values.to({ dtype }).unsqueeze(-1).unsqueeze(-1);
}
