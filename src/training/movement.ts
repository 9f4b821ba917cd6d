import { ops } from '../native/ops.generated';
import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { keep, scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';

/**
 * How far the weights of networks go, relative to how large they are: |Δw| / |w| between two calls, of each weight of two dimensions or more, and of those the
 * median: one layer whose weights are kept a hundred times as large as they count would hide all others in a norm.
 */
export class Movement {
  readonly #networks: readonly Module[];
  #before: readonly (readonly Tensor[])[] = [];

  constructor(networks: readonly Module[]) {
    this.#networks = networks;
  }

  /** Whether {@link begin} was called, and {@link end} not yet. */
  get isMeasuring(): boolean {
    return this.#before.length > 0;
  }

  /** Remembers the weights as they are. */
  begin(): void {
    this.forget();
    this.#before = noGrad(() =>
      scope(() =>
        this.#networks.map((network) =>
          keep(wrapAll(ops._foreach_mul_Scalar(handlesOf(weightsOf(network)), 1), 'Movement')),
        ),
      ),
    );
  }

  /** One number a network, in their order; NaN where there is none. The host waits for it. */
  end(): number[] {
    const before = this.#before;
    const found = noGrad(() => scope(() => this.#networks.map((network, i) => moved(network, before[i]))));
    this.forget();
    return found;
  }

  /** Releases what was remembered. */
  forget(): void {
    for (const tensor of this.#before.flat()) tensor.dispose();
    this.#before = [];
  }
}

function weightsOf(network: Module): Tensor[] {
  return network.parameters().filter(({ shape }) => shape.length > 1);
}

/** What was before is overwritten. */
function moved(network: Module, before: readonly Tensor[]): number {
  const weights = handlesOf(weightsOf(network));
  if (weights.length === 0) return Number.NaN;
  const differences = handlesOf(before);
  ops._foreach_sub__List(differences, weights, 1);
  const norms = [...differences, ...weights];
  const values = [...stack(wrapAll(ops._foreach_norm_Scalar(norms, 2), 'Movement')).toTypedArray()].map(
    Number,
  );
  const shares = weights.map((_, i) => values[i] / values[i + weights.length]).filter(Number.isFinite);
  return shares.sort((a, b) => a - b)[Math.floor(shares.length / 2)] ?? Number.NaN;
}
