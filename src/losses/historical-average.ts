import { ops } from '../native/ops.generated';
import { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { zeros } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';
import { total } from './total';

/**
 * Historical averaging (Salimans et al. 2016): a penalty ‖θ − (1/t) Σ θᵢ‖² that holds a network's parameters near the mean of what
 * they have been. The mean counts every call of {@link HistoricalAverage.penalty}, this one included.
 *
 * It is a module, for its means are state: named among the networks (`networks: { generator, discriminator, history }`) it moves
 * to the device and is saved in checkpoints. It has no parameters, so no phase trains it.
 *
 * ```ts
 * loss: ({ fake, networks: { discriminator: D, history } }) =>
 *   total(loss.generator(D.forward(fake)), weighted(0.1, history.penalty())),
 * ```
 */
export class HistoricalAverage extends Module {
  /** The means, in the order of the network's parameters. */
  readonly means: readonly Tensor[];
  /** Parameter vectors seen (float32). */
  readonly count: Tensor;
  // Private, and so no field that parameters are found by: they are the network's.
  readonly #parameters: readonly Tensor[];

  constructor(network: Module) {
    super();
    const named = network.namedParameters();
    this.#parameters = named.map(([, parameter]) => parameter);
    this.means = named.map(([name, { shape, dtype, device }]) =>
      this.registerBuffer(`mean.${name}`, zeros(shape, { dtype, device })),
    );
    this.count = this.registerBuffer('count', zeros([], { device: this.means[0]?.device }));
  }

  /** Counts the parameters as they are now, and gives their squared distance from the mean of all that were counted. */
  penalty(): Tensor {
    noGrad(() => {
      const means = handlesOf(this.means);
      const steps = wrapAll(ops._foreach_sub_List(handlesOf(this.#parameters), means), 'penalty');
      this.count.add_(1);
      ops._foreach_mul__Tensor(handlesOf(steps), this.count.reciprocal().handle);
      ops._foreach_add__List(means, handlesOf(steps));
    });
    return total(...this.#parameters.map((parameter, i) => parameter.sub(this.means[i]).square().sum()));
  }

  /** {@link HistoricalAverage.penalty} */
  override forward(): Tensor {
    return this.penalty();
  }
}

/** A {@link HistoricalAverage} of a network's parameters. */
export function historicalAverage(network: Module): HistoricalAverage {
  return new HistoricalAverage(network);
}
