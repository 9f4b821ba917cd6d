import { full } from '../tensor/create';
import { isCpu } from '../tensor/device';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/**
 * A learning rate as a scalar on the device holds it: to float64 on the CPU, to float32 elsewhere, where LibTorch's fused steps read no
 * other. A step with it as a number has the bits of one that reads the scalar.
 */
export function rateOn(device: string, lr: number): number {
  return isCpu(device) ? lr : Math.fround(lr);
}

/**
 * The learning rates of an optimizer's groups as scalars beside its parameters. A captured step reads them there, so a
 * replay works with what they hold by then; a number would be fixed in the graph.
 */
export class DeviceRates {
  readonly tensors: readonly Tensor[];
  #values: readonly number[];

  /** @param groups the device and first learning rate of each group */
  constructor(groups: readonly { readonly device: string; readonly lr: number }[]) {
    this.tensors = groups.map(({ device, lr }) => scalarOn(device, lr));
    this.#values = groups.map(({ lr }) => lr);
  }

  /** The learning rates as they were last set. */
  get values(): readonly number[] {
    return this.#values;
  }

  /** Sets them; the device hears of those that changed only. */
  set(values: readonly number[]): void {
    for (const [index, tensor] of this.tensors.entries())
      if (values[index] !== this.#values[index]) tensor.fill_(values[index]);
    this.#values = values;
  }

  /** Releases the tensors. */
  dispose(): void {
    for (const tensor of this.tensors) tensor.dispose();
  }
}

function scalarOn(device: string, lr: number): Tensor {
  return keep(full([], lr, { device, dtype: isCpu(device) ? 'float64' : 'float32' }));
}
