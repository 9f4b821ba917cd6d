import { autocast, grad } from '../../src/tensor/autograd';
import { randn, zeros } from '../../src/tensor/create';
import { setThreads } from '../../src/tensor/device';
import { conv2d, linear } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { hasBfloat16Kernels } from '../support/processor';

/** The gradient by the bias where `probe` is that by the output, and what it is in float64. */
function byBias(run: (bias: Tensor) => Tensor, probe: Tensor): readonly [Tensor, Tensor] {
  const bias = zeros([probe.shape[1]], { requiresGrad: true });
  const output = autocast({ device: 'cpu' }, () => run(bias));
  const gradient = probe.to({ dtype: 'bfloat16' });
  const [found] = grad([output], [bias], { gradOutputs: [gradient] });
  const others = probe.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  return [found, gradient.double().sum(others)];
}

(hasBfloat16Kernels ? describe : describe.skip)('gradients by a bias in bfloat16', () => {
  test.each([
    [3, 16, 7, 5],
    [64, 128, 8, 8],
    [1, 32, 1, 1],
    [2, 48, 33, 31],
    [2, 24, 9, 9],
  ])('are sums in float32: %p images of %p channels, %p × %p', (batch, channels, height, width) =>
    scope(() => {
      const generator = new Generator({ seed: channels });
      const image = randn([batch, 32, height, width], { generator });
      const weight = randn([channels, 32, 3, 3], { generator });
      const probe = randn([batch, channels, height, width], { generator });
      for (const slopes of [probe, probe.contiguous('channels_last')]) {
        const [found, exact] = byBias((bias) => conv2d(image, weight, bias, { padding: 1 }), slopes);
        expect(found.dtype).toBe('float32');
        expect(distance(found, exact)).toBeLessThan(2e-6);
      }
      generator.dispose();
    }),
  );

  test.each([
    [128, 784],
    [17, 20],
    [300, 64],
  ])('are sums in float32: %p rows of %p numbers', (rows, outputs) =>
    scope(() => {
      const [x, weight] = [randn([rows, 40]), randn([outputs, 40])];
      const [found, exact] = byBias((bias) => linear(x, weight, bias), randn([rows, outputs]));
      expect(distance(found, exact)).toBeLessThan(2e-6);
    }),
  );

  test('have gradients of their own', () =>
    scope(() => {
      const [x, weight] = [randn([32, 64]), randn([48, 64])];
      const bias = zeros([48], { requiresGrad: true });
      const scale = randn([32, 48], { requiresGrad: true });
      const output = autocast({ device: 'cpu' }, () => linear(x, weight, bias));
      const [first] = grad([output.float().mul(scale).sum()], [bias], { createGraph: true });
      const [second] = grad([first.sum()], [scale]);
      expect(second.sub(1).abs().max().item()).toBe(0);
    }));

  test('are the same bits on one thread, two and three', () => {
    try {
      scope(() => {
        const [x, weight, probe] = [randn([400, 64]), randn([256, 64]), randn([400, 256])];
        const [one, ...others] = [1, 2, 3].map((count) => {
          setThreads(count);
          return byBias((bias) => linear(x, weight, bias), probe)[0];
        });
        for (const other of others) expect(other.equal(one)).toBe(true);
      });
    } finally {
      setThreads(1);
    }
  });
});
