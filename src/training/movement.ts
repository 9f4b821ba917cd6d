import { ops } from '../native/ops.generated';
import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { keep, scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';

/** How far the weights of networks go, relative to how large they are: |Δw| / |w|, over the steps between two calls. */
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
          keep(wrapAll(ops._foreach_mul_Scalar(handlesOf(network.parameters()), 1), 'Movement')),
        ),
      ),
    );
  }

  /** One number a network, in their order: NaN for one whose weights are all 0, or not finite. The host waits for it. */
  end(): number[] {
    const norms = noGrad(() =>
      scope(() => {
        const pairs = this.#networks.flatMap((network, i) => {
          const [moved, whole] = [handlesOf(this.#before[i]), handlesOf(network.parameters())];
          ops._foreach_sub__List(moved, whole, 1);
          return [moved, whole].map((handles) =>
            stack(wrapAll(ops._foreach_norm_Scalar(handles, 2), 'Movement')).norm(),
          );
        });
        return [...stack(pairs).toTypedArray()].map(Number);
      }),
    );
    this.forget();
    return this.#networks.map((_, i) => norms[2 * i] / norms[2 * i + 1]);
  }

  /** Releases what was remembered. */
  forget(): void {
    for (const tensor of this.#before.flat()) tensor.dispose();
    this.#before = [];
  }
}
