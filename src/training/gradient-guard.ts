import type { Optimizer } from '../optim/optimizer';
import { noGrad } from '../tensor/autograd';
import { ones, zeros } from '../tensor/create';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/**
 * Counts on the device how often a phase's gradients held a NaN or an infinity. The host is not waited for: whoever reads the losses
 * reads the count with them. Its tensors stay where they are, so that a captured step writes to them, too.
 */
export class GradientGuard {
  /** float64 []: how many updates had gradients that are not finite. */
  readonly count: Tensor;
  /** float32 []: 1 where those of the newest update were not finite, else 0. */
  readonly found: Tensor;
  readonly #one: Tensor;

  constructor(device: string) {
    this.count = keep(zeros([], { dtype: 'float64', device }));
    this.found = keep(zeros([], { device }));
    this.#one = keep(ones([], { device }));
  }

  /** Looks at the gradients that the optimizer is about to go by. */
  check(optimizer: Optimizer): void {
    noGrad(() => {
      this.found.zero_();
      optimizer.findNonFinite(this.found, this.#one);
      this.count.add_(this.found);
    });
  }

  /** Begins to count anew. */
  reset(): void {
    noGrad(() => this.count.zero_());
  }

  /** Releases its tensors. */
  dispose(): void {
    for (const tensor of [this.count, this.found, this.#one]) tensor.dispose();
  }
}
