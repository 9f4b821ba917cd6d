// Learning rates as numbers of the host and as scalars of the device: steps with one have the bits of steps with the other.

import type { DType } from '../../src/native/types';
import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { randn, tensor } from '../../src/tensor/create';
import { isCpu } from '../../src/tensor/device';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { testDevice } from '../support/fixtures';

const STEPS = 12;
/** Whole vectors of a processor and what is left over; less than one vector; a single number. */
const SHAPES = [[67, 33], [5], [1]];

/** A tenth and its parts, which neither float32 nor float64 has exactly. */
const SCHEDULES: Readonly<Record<string, optim.Schedule>> = {
  'a level rate': optim.constant(),
  'a straight line': optim.linear({ steps: 11 }),
  'half a cosine': optim.cosine({ steps: 11, to: 0.01 }),
  'a warm-up': optim.warmUp({ steps: 7 }),
};

const FACTORIES: Readonly<Record<string, (schedule: optim.Schedule) => optim.OptimizerFactory>> = {
  adam: (schedule) => optim.adam({ lr: 0.1, schedule }),
  'adam with amsgrad and decay': (schedule) =>
    optim.adam({ lr: 0.1, schedule, amsgrad: true, weightDecay: 0.3 }),
  adamw: (schedule) => optim.adamw({ lr: 0.1, schedule }),
  sgd: (schedule) => optim.sgd({ lr: 0.1, schedule }),
  'sgd with momentum and decay': (schedule) =>
    optim.sgd({ lr: 0.1, schedule, momentum: 0.9, nesterov: true, weightDecay: 0.3 }),
  rmsprop: (schedule) => optim.rmsprop({ lr: 0.1, schedule }),
  'rmsprop with momentum': (schedule) => optim.rmsprop({ lr: 0.1, schedule, momentum: 0.9 }),
  'centred rmsprop with decay, upwards': (schedule) =>
    optim.rmsprop({ lr: 0.1, schedule, centered: true, weightDecay: 0.3, maximize: true }),
};

/** Parameters and states, as bytes, after steps along random gradients. */
function train(factory: optim.OptimizerFactory, dtype: DType, onDevice: boolean): string[] {
  manualSeed(3);
  const options = { dtype, device: testDevice };
  const parameters = SHAPES.map((shape) => nn.parameter(randn(shape, options)));
  return scope(() => {
    const optimizer = factory(parameters);
    const rates = onDevice ? optimizer.deviceRates() : null;
    for (let step = 0; step < STEPS; step++) {
      for (const parameter of parameters) parameter.grad = randn(parameter.shape, options);
      if (rates) {
        optimizer.advance(rates);
        optimizer.apply(rates);
      } else optimizer.step();
    }
    const found = [...parameters, ...Object.values(optimizer.stateDict())].map((one) =>
      Buffer.from(one.toBytes()).toString('hex'),
    );
    optimizer.dispose();
    rates?.dispose();
    for (const parameter of parameters) parameter.dispose();
    return found;
  });
}

describe.each(Object.keys(FACTORIES))('%s', (name) => {
  test.each(Object.keys(SCHEDULES))('has equal bits by %s of the host and of the device', (schedule) => {
    const factory = FACTORIES[name](SCHEDULES[schedule]);
    for (const dtype of ['float32', 'float64'] as const)
      expect(train(factory, dtype, true)).toEqual(train(factory, dtype, false));
  });
});

test('a rate of the device is as exact as a processor’s number, or float32 where fused steps read no other', () => {
  const parameter = nn.parameter(tensor([1], { device: testDevice }));
  const optimizer = optim.adam({ lr: 0.1 })([parameter]);
  const rates = optimizer.deviceRates();
  expect(rates.tensors.map((rate) => rate.item())).toEqual([isCpu(testDevice) ? 0.1 : Math.fround(0.1)]);
  rates.dispose();
  optimizer.dispose();
  parameter.dispose();
});
