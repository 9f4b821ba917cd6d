// A step that is skipped on the device is as if it had never been, but for the count that schedules go by.
import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { ones, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { testDevice } from '../support/fixtures';

const NAN = Number.NaN;
const FACTORIES: Readonly<Record<string, () => optim.OptimizerFactory>> = {
  adam: () => optim.adam({ lr: 0.125 }),
  'adam with amsgrad and decay': () => optim.adam({ lr: 0.125, amsgrad: true, weightDecay: 0.25 }),
  adamw: () => optim.adamw({ lr: 0.125 }),
  sgd: () => optim.sgd({ lr: 0.125, weightDecay: 0.25 }),
  'sgd with momentum': () => optim.sgd({ lr: 0.125, momentum: 0.5, nesterov: true }),
  rmsprop: () => optim.rmsprop({ lr: 0.125 }),
  'centred rmsprop with momentum': () => optim.rmsprop({ lr: 0.125, centered: true, momentum: 0.5 }),
};

/** Moves two parameters along gradients, a null being one of NaN that is skipped; gives parameters and states as bytes. */
function train(factory: optim.OptimizerFactory, gradients: readonly (number | null)[], onDevice: boolean) {
  const parameters = [[1, -2, 3], [4]].map((values) => nn.parameter(tensor(values, { device: testDevice })));
  return scope(() => {
    const optimizer = factory(parameters);
    const rates = onDevice ? optimizer.deviceRates() : null;
    for (const value of gradients) {
      for (const parameter of parameters)
        parameter.grad = parameter
          .detach()
          .mul(0)
          .add(value ?? NAN);
      const unless = (value === null ? ones : zeros)([], { device: testDevice }).ne(0);
      if (rates) {
        optimizer.advance(rates);
        optimizer.apply(rates, { unless });
      } else optimizer.step({ unless });
      optimizer.zeroGrad();
    }
    const { steps, ...state } = optimizer.stateDict();
    const texts = [...parameters, ...Object.values(state)].map((one) =>
      Buffer.from(one.toBytes()).toString('hex'),
    );
    const done = steps.item();
    optimizer.dispose();
    rates?.dispose();
    for (const parameter of parameters) parameter.dispose();
    return { texts, done };
  });
}

describe.each(Object.keys(FACTORIES))('%s', (name) => {
  test.each([false, true])(
    'does the same with skipped steps between, first and last (rates on the device: %p)',
    (onDevice) => {
      const plain = train(FACTORIES[name](), [0.5, -0.25, 1], onDevice);
      const skipping = train(FACTORIES[name](), [null, 0.5, null, null, -0.25, 1, null], onDevice);
      expect(skipping.texts).toEqual(plain.texts);
      expect([plain.done, skipping.done]).toEqual([3, 7]);
    },
  );
});
