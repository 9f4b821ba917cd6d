import * as nn from '../../src/nn';
import { grad } from '../../src/tensor/autograd';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from './close';
import { type Case, readCases, testDevice } from './fixtures';

/** A case that test/fixtures/common.py recorded with `module_case`. */
interface LayerCase {
  readonly factory: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly double: boolean;
  readonly inputs: number;
  readonly dtype: 'float32' | 'float64';
}

function build(
  { factory, args, options, dtype, training, tensors }: Case<LayerCase>,
  factories: object,
): nn.Module {
  const make: unknown = Reflect.get(factories, factory);
  if (typeof make !== 'function') throw new Error(`there is no ${factory}`);
  const given = Object.keys(options).length === 0 ? args : [...args, options];
  const module: nn.Module = Reflect.apply(make, undefined, given);
  module.to({ dtype, device: testDevice }).train(training);
  module.loadStateDict(tensors.group('state.'));
  return module;
}

/** The tensors that may have gradients, by the names the fixture gives them. */
function leavesOf(module: nn.Module, inputs: readonly Tensor[]): Record<string, Tensor> {
  const leaves = inputs
    .map((input, index): [string, Tensor] => [`input${index}`, input])
    .filter(([, input]) => input.dtype.startsWith('float'));
  for (const [, input] of leaves) input.requiresGrad = true;
  return Object.fromEntries([...leaves, ...module.namedParameters()]);
}

function largest(tensor: Tensor): number {
  return tensor.numel === 0 ? 0 : tensor.abs().max().item();
}

/** Compares with the tensors stored as `<prefix>name`; where none is stored, or zeros, there need be no gradient. */
function expectGradients(
  tensors: Case<LayerCase>['tensors'],
  prefix: string,
  names: readonly string[],
  found: readonly (Tensor | null)[],
): void {
  // Where one of several all but cancels, it is exact as they are.
  const stored = names.filter((name) => tensors.names.includes(prefix + name));
  const magnitude = Math.max(0, ...stored.map((name) => largest(tensors.tensor(prefix + name)))) / 10;
  for (const [index, name] of names.entries()) {
    const gradient = found[index];
    if (tensors.names.includes(prefix + name)) {
      const expected = tensors.tensor(prefix + name);
      if (gradient) expectClose(gradient, expected, { label: prefix + name, magnitude });
      else
        expect({ [prefix + name]: null, largest: expected.abs().max().item() }).toEqual({
          [prefix + name]: null,
          largest: 0,
        });
    } else expect({ [prefix + name]: gradient?.abs().max().item() ?? 0 }).toEqual({ [prefix + name]: 0 });
  }
}

function compare(layerCase: Case<LayerCase>, factories: object): void {
  const { tensors, double } = layerCase;
  const module = build(layerCase, factories);
  try {
    const inputs = Array.from({ length: layerCase.inputs }, (_, index) => tensors.tensor(`input${index}`));
    const leaves = leavesOf(module, inputs);
    const output = module.forward(...inputs);
    expectClose(output, tensors.tensor('output'), { label: 'output' });
    for (const [name, buffer] of module.namedBuffers())
      expectClose(buffer, tensors.tensor(`after.${name}`), { label: `after.${name}` });

    const cotangent = tensors.tensor('cotangent');
    cotangent.requiresGrad = true;
    const names = Object.keys(leaves);
    if (names.length > 0) {
      const options = { gradOutputs: [cotangent], retainGraph: true, allowUnused: true } as const;
      expectGradients(tensors, 'grad.', names, grad([output], Object.values(leaves), options));
    }
    if (!double) return;

    const first = grad([output], Object.values(leaves).slice(0, layerCase.inputs), {
      gradOutputs: [cotangent],
      createGraph: true,
    });
    const penalty = first.map((gradient) => gradient.square().sum()).reduce((sum, part) => sum.add(part));
    expectClose(penalty, tensors.tensor('penalty'), { label: 'penalty' });
    const second = grad([penalty], [...Object.values(leaves), cotangent], { allowUnused: true });
    expectGradients(tensors, 'double.', [...names, 'cotangent'], second);
  } finally {
    module.dispose();
  }
}

/**
 * A test for each case of a fixture: the layer's output, gradients, second gradients and moved buffers equal PyTorch's.
 *
 * @param factories has the functions that the cases name (`nn`)
 */
export function testLayers(file: string, factories: object = nn): void {
  const cases = readCases<LayerCase>(file).map((one): [string, Case<LayerCase>] => [
    `${one.name} (${one.dtype})`,
    one,
  ]);
  test.each(cases)('equals PyTorch: %s', (_, layerCase) => scope(() => compare(layerCase, factories)));
}
