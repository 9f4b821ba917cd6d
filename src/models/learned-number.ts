import { Module } from '../nn/module';
import { type Parameter, parameter } from '../nn/parameter';
import { full } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';

/** One number that is trained, e.g. the ln σ² of a decoder's pixels: `value`, of shape []. */
export class LearnedNumber extends Module {
  readonly value: Parameter;

  constructor(start: number) {
    super();
    this.value = parameter(full([], start));
  }

  /** The number, whatever comes in. */
  override forward(): Tensor {
    return this.value;
  }
}
