import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';

const factories = [optim.adam(), optim.adamw(), optim.sgd(), optim.rmsprop()];

describe('an optimizer refuses', () => {
  test('results of autograd, which no step would move', () => {
    const weight = nn.parameter(tensor([1]));
    scope(() => {
      for (const factory of factories)
        expect(() => factory([weight.mul(2)])).toThrow(
          usage('an optimizer expects leaves of autograd but received a result of mul: pass the parameters'),
        );
    });
    weight.dispose();
  });

  test('integers', () =>
    scope(() => {
      const counts = tensor([1], { dtype: 'int64' });
      expect(() => optim.sgd()([{ parameters: [counts] }])).toThrow(
        usage('an optimizer expects parameters of a floating-point dtype but received one of int64'),
      );
    }));

  test('a network in the place of its parameters, and other things', () => {
    const net = nn.sequential(nn.linear(1, 1), nn.relu());
    const given = (value: unknown) => () => Reflect.apply(optim.adam(), null, [value]);
    const refused = 'an optimizer expects parameters, as module.parameters() lists them, but received';
    for (const wrong of [net, [net], [{ parameters: net }]]) expect(given(wrong)).toThrow(usage(refused));
    expect(given(net)).toThrow(usage(`${refused} an instance of Sequential`));
    expect(given(undefined)).toThrow(usage(`${refused} undefined`));
    expect(given([null])).toThrow(usage(`${refused} null`));
    net.dispose();
  });

  test('a state whose numbers no training can go on with, and loads none of it', () => {
    const weight = nn.parameter(tensor([1]));
    scope(() => {
      const adam = optim.adam({ lr: 0.5 })([weight]);
      const state = adam.stateDict();
      const wrong = {
        ...state,
        steps: tensor(-5, { dtype: 'int64' }),
        lr: tensor(Float64Array.of(Number.NaN)),
        weight_decay: tensor(Float64Array.of(-1)),
      };
      expect(() => adam.loadStateDict(wrong)).toThrow(
        failure(
          'ERR_STATE_DICT',
          'steps should be a whole number of at least 0 but is -5; lr should be finite and at least 0 but is NaN; weight_decay should be finite and at least 0 but is -1',
        ),
      );
      expect([adam.steps, adam.lr]).toEqual([0, [0.5]]);
      adam.dispose();
    });
    weight.dispose();
  });
});

test('an average refuses batches that are none, and stays as it is', () => {
  const net = nn.linear(1, 1);
  const ema = new optim.Ema(net, { halfLifeImages: 10 });
  for (const batch of [Number.NaN, undefined, -1, Number.POSITIVE_INFINITY])
    expect(() => Reflect.apply(ema.update, ema, [batch])).toThrow(
      usage(`Ema.update expects batch to be a number of at least 0 but received ${batch}`),
    );
  expect([ema.updates, ema.images, Number.isFinite(ema.module.weight.item())]).toEqual([0, 0, true]);
  ema.dispose();
  net.dispose();
});
