import { classifier } from '../../src/models/classifier';
import { randn } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

test('sizes that are no positive integers are refused', () => {
  expect(() => classifier({ channels: 0, classes: 10 })).toThrow(usage('inChannels'));
});

test('images become features and logits', () => {
  const network = classifier({ channels: 3, classes: 5, width: 4, dimensions: 7 });
  scope(() => {
    const { features, logits } = network.judge(randn([2, 3, 32, 32]));
    expect([features.shape, logits.shape]).toEqual([
      [2, 7],
      [2, 5],
    ]);
    expect(network.forward(randn([2, 3, 32, 32])).shape).toEqual([2, 5]);
  });
  network.dispose();
});

test('in training every feature of a batch has mean 0 and variance 1', () => {
  const network = classifier({ channels: 1, classes: 2, width: 4, dimensions: 6 });
  scope(() => {
    const { features } = network.judge(randn([64, 1, 32, 32]));
    expect(features.mean(0).abs().max().item()).toBeLessThan(1e-5);
    expect(features.var(0, { correction: 0 }).sub(1).abs().max().item()).toBeLessThan(1e-3);
  });
  network.dispose();
});

test('reset draws weights of variance 2 / (1.01 · fan-in) from its generator alone', () => {
  const network = classifier({ channels: 1, classes: 10 });
  const draw = (): number[] => {
    const generator = new Generator({ seed: 4 });
    network.reset(generator);
    generator.dispose();
    return network.parameters().map((parameter) => scope(() => parameter.square().mean().item()));
  };
  const first = draw();
  expect(draw()).toEqual(first);
  const dense = network.namedParameters().findIndex(([name]) => name === 'trunk.10.weight');
  expect(first[dense] / (2 / (1.01 * 2048))).toBeCloseTo(1, 1);
  network.dispose();
});
