import type { Module } from '../../src/nn/module';
import { grad } from '../../src/tensor/autograd';
import { scope } from '../../src/tensor/scope';
import { stack } from '../../src/tensor/shapes';
import { expectClose } from './close';
import { type Case, readCases, testDevice } from './fixtures';

/** A network that a script of test/fixtures/models recorded, or (with a count) only built. */
interface ModelCase {
  readonly factory: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dtype: 'float32' | 'float64';
  readonly inputs: number;
  /** Names in the order of `norms`. */
  readonly parameters: readonly string[];
  readonly count?: number;
}

function build({ factory, options }: ModelCase, factories: object): Module {
  const make: unknown = Reflect.get(factories, factory);
  if (typeof make !== 'function') throw new Error(`there is no ${factory}`);
  return Reflect.apply(make, undefined, [options]);
}

function compare(one: Case<ModelCase>, network: Module): void {
  const { tensors, dtype, inputs: count, parameters } = one;
  network.to({ dtype, device: testDevice });
  network.loadStateDict(tensors.group('state.'));
  const inputs = Array.from({ length: count }, (_, index) => tensors.tensor(`input${index}`));
  inputs[0].requiresGrad = true;
  const output = network.forward(...inputs);
  expectClose(output, tensors.tensor('output'), { label: 'output' });
  const own = Object.fromEntries(network.namedParameters());
  const gradients = grad([output], [inputs[0], ...parameters.map((name) => own[name])], {
    gradOutputs: [tensors.tensor('cotangent')],
  });
  expectClose(gradients[0], tensors.tensor('grad.input0'), { label: 'grad.input0' });
  const norms = stack(gradients.slice(1).map((gradient) => gradient.norm()));
  expectClose(norms, tensors.tensor('norms'), { label: 'norms of gradients' });
}

/**
 * A test for each case of a fixture: output, input's gradient and norms of parameters' gradients equal PyTorch's; or a network's
 * parameters are as many.
 */
export function testModels(file: string, factories: object): void {
  const cases = readCases<ModelCase>(file);
  const named = (wanted: (one: ModelCase) => boolean): [string, Case<ModelCase>][] =>
    cases
      .filter(wanted)
      .map((one) => [
        one.count === undefined ? one.name : `${one.factory} ${JSON.stringify(one.options)}`,
        one,
      ]);
  test.each(named(({ count }) => count === undefined))('equals PyTorch: %s', (_, one) => {
    const network = scope(() => build(one, factories));
    try {
      scope(() => compare(one, network));
    } finally {
      network.dispose();
    }
  });
  const counted = named(({ count }) => count !== undefined);
  if (counted.length > 0)
    test.each(counted)('has as many parameters as PyTorch’s: %s', (_, one) => {
      const network = build(one, factories);
      const total = network.parameters().reduce((sum, { numel }) => sum + numel, 0);
      network.dispose();
      expect(total).toBe(one.count);
    });
}
