import type { Module } from '../../../src/nn/module';
import { noGrad } from '../../../src/tensor/autograd';
import { arange } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import type { Tensor } from '../../../src/tensor/tensor';

const GOLDEN = 0.6180339887498949;

function hashed(name: string): number {
  return Buffer.from(name).reduce((value, letter) => (value * 31 + letter) % 2 ** 32, 0);
}

/** What test/fixtures/models/inception.py makes of a tensor's name and shape. */
function formula(name: string, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const index = arange({ start: 1, end: count + 1 }, { dtype: 'float64' });
  const u = index
    .mul(index)
    .mul(GOLDEN)
    .add(hashed(name) / 2 ** 32)
    .remainder(1);
  const signed = () => u.mul(2).sub(1);
  const values =
    name.endsWith('bn.weight') || name.endsWith('running_var')
      ? u.div(2).add(0.75)
      : name.endsWith('weight')
        ? signed().mul(Math.sqrt(6 / (count / shape[0])))
        : signed().div(4);
  return values.float().reshape(shape);
}

/** Fills a network with weights that Python computes by the same formula; `nameOf` tells the names they go by there. */
export function fillByFormula(network: Module, nameOf: (name: string) => string): void {
  for (const [name, tensor] of [...network.namedParameters(), ...network.namedBuffers()])
    if (!name.endsWith('tracked'))
      scope(() => noGrad(() => tensor.copy_(formula(nameOf(name), tensor.shape))));
}

/** Torchvision's name of one of Inception's tensors. */
export function torchvisionName(name: string): string {
  return name.replaceAll(/_(conv2d|mixed)/g, (_, word: string) => word[0].toUpperCase() + word.slice(1));
}
