import { full } from '../tensor/create';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/**
 * The learning rates of an optimizer's groups as float32 scalars beside its parameters. A captured step reads them there, so a
 * replay works with what they hold by then; a number would be fixed in the graph.
 */
export class DeviceRates {
  readonly tensors: readonly Tensor[];
  #values: readonly number[];

  /** @param groups the device and first learning rate of each group */
  constructor(groups: readonly { readonly device: string; readonly lr: number }[]) {
    this.tensors = groups.map(({ device, lr }) => keep(full([], lr, { device })));
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
