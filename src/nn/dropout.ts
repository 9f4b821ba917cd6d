import { numberBetween } from '../check';
import { dropout as dropoutOp } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/**
 * In training sets each element to 0 with probability `p`, from the default generator, and divides the others by 1 − p; at
 * rest the identity (Srivastava et al. 2014).
 */
export class Dropout extends Module {
  /** @throws UsageError unless 0 ≤ p ≤ 1 */
  constructor(readonly p = 0.5) {
    super();
    numberBetween('dropout', 'p', p, { min: 0, max: 1 });
  }

  override forward(input: Tensor): Tensor {
    return dropoutOp(input, { p: this.p, training: this.training });
  }

  protected override describe(): string {
    return `p=${this.p}`;
  }
}

/** A {@link Dropout} layer. @throws UsageError unless 0 ≤ p ≤ 1 */
export function dropout(p?: number): Dropout {
  return new Dropout(p);
}
