import { ops } from '../native/ops.generated';
import type { Optimizer } from '../optim/optimizer';
import { noGrad } from '../tensor/autograd';
import { ones, zeros } from '../tensor/create';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Updates that were not finite. */
export interface FaultCounts {
  /** In all. */
  readonly count: number;
  /** The newest in a row, up to the last update. */
  readonly row: number;
}

/**
 * Counts on the device how often a phase's gradients held a NaN or an infinity. The host is not waited for: whoever reads the losses
 * reads the count with them. Its tensors stay where they are, so that a captured step writes to them, too.
 */
export class GradientGuard {
  #skips = false;
  /** float64 []: how many updates were not finite. */
  readonly count: Tensor;
  /** float64 []: where updates are skipped, the most in a row. */
  readonly longest: Tensor;
  /** float32 []: 1 where the newest update was not finite, else 0. */
  readonly #found: Tensor;
  /** float64 []: skipped in a row up to the newest update. */
  readonly #row: Tensor;
  /** float32 []: updates of this step that were not skipped. */
  readonly #applied: Tensor;
  readonly #one: Tensor;

  constructor(device: string) {
    const number = (dtype: 'float32' | 'float64') => keep(zeros([], { dtype, device }));
    this.count = number('float64');
    this.longest = number('float64');
    this.#row = number('float64');
    this.#found = number('float32');
    this.#applied = number('float32');
    this.#one = keep(ones([], { device }));
  }

  /** Whether updates that are not finite are skipped, those of a finite gradient whose loss is not included. A change begins to count anew. */
  get skips(): boolean {
    return this.#skips;
  }

  set skips(skips: boolean) {
    if (skips !== this.#skips) this.reset();
    this.#skips = skips;
  }

  /** Where no update of this step was applied: bool [], the caller's. Of several guards where none of theirs was. */
  static noneApplied(guards: readonly GradientGuard[]): Tensor {
    const [first, ...rest] = guards.map((guard) => guard.#applied);
    return rest.reduce((sum, applied) => sum.add(applied), first).eq(0);
  }

  /**
   * Looks at the gradients that the optimizer is about to go by; where updates are skipped, at the loss, too.
   *
   * @param loss float64 [], of the whole batch
   * @returns where the update is to be skipped: bool [], the caller's; undefined where none is
   */
  check(optimizer: Optimizer, loss: Tensor): Tensor | undefined {
    return noGrad(() => {
      this.#found.zero_();
      optimizer.findNonFinite(this.#found, this.#one);
      if (this.skips)
        ops._amp_foreach_non_finite_check_and_unscale_([loss.handle], this.#found.handle, this.#one.handle);
      this.count.add_(this.#found);
      return this.skips ? this.#countRows() : undefined;
    });
  }

  #countRows(): Tensor {
    this.#row.add_(this.#found).mul_(this.#found);
    this.longest.copy_(this.longest.maximum(this.#row));
    this.#applied.add_(this.#one).sub_(this.#found);
    return this.#found.ne(0);
  }

  /** Begins a step of the training. */
  beginStep(): void {
    if (this.skips) this.#applied.zero_();
  }

  /** The counts so far; waits for the device. */
  get counts(): FaultCounts {
    return { count: this.count.item(), row: this.#row.item() };
  }

  /** Goes on from such counts. */
  reset({ count, row }: FaultCounts = { count: 0, row: 0 }): void {
    noGrad(() => {
      this.count.fill_(count);
      for (const rows of [this.#row, this.longest]) rows.fill_(row);
    });
  }

  /** Releases its tensors. */
  dispose(): void {
    const { count, longest } = this;
    for (const held of [count, longest, this.#row, this.#found, this.#applied, this.#one]) held.dispose();
  }
}
