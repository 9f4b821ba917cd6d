import * as nn from '../../src/nn';
import { autocast, grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { testLayers } from '../support/layer-cases';

const device = testDevice;

/** A layer of normal weights on the test's device, as long as `body` runs. */
function withLayer(options: nn.ModulatedConv2dOptions, body: (layer: nn.ModulatedConv2d) => void): void {
  manualSeed(3);
  const layer = nn.modulatedConv2d(3, 4, options);
  layer.to({ device });
  try {
    scope(() => body(layer));
  } finally {
    layer.dispose();
  }
}

describe('modulatedConv2d', () => {
  test.each([
    [{ kernelSize: 2 }, 'kernelSize to be an odd number but received 2 (number)'],
    [{ kernelSize: 0 }, 'kernelSize to be a positive integer but received 0 (number)'],
    [{ kernelSize: 1, up: true }, 'kernelSize to be 3 where images become larger but received 1 (number)'],
    [{ kernelSize: 3, gain: Number.NaN }, 'gain to be a finite number but received NaN (number)'],
  ])('refuses %p', (options, message) => {
    expect(() => nn.modulatedConv2d(2, 3, options)).toThrow(usage(`modulatedConv2d expects ${message}`));
  });

  test('names its options', () =>
    withLayer({ kernelSize: 3, up: true, gain: 2 }, (layer) =>
      expect(`${layer}`).toBe('ModulatedConv2d(3, 4, kernelSize=3, up=true, gain=2)'),
    ));

  testLayers('nn/modulated_conv');

  test('demodulates: outputs of normal inputs have a mean square near 1, whatever the scales', () =>
    withLayer({ kernelSize: 3 }, (layer) => {
      const scales = randn([64, 3], { device }).abs().add(0.5).mul(7);
      const output = layer.forward(randn([64, 3, 8, 8], { device }), scales);
      const inside = output.narrow(2, { start: 1, length: 6 }).narrow(3, { start: 1, length: 6 });
      expect(inside.square().mean().item()).toBeCloseTo(1, 1);
    }));

  test('each image has its own style: others in the batch change nothing', () =>
    withLayer({ kernelSize: 3, up: true }, (layer) => {
      const [input, scales] = [randn([3, 3, 4, 4], { device }), randn([3, 3], { device })];
      const last = { start: 2, length: 1 };
      const alone = layer.forward(input.narrow(0, last), scales.narrow(0, last));
      expectClose(alone, layer.forward(input, scales).narrow(0, last));
    }));

  test('under autocast, styles beyond the reach of short numbers give what they give in full precision', () =>
    withLayer({ kernelSize: 3 }, (layer) => {
      const [input, scales] = [randn([2, 3, 4, 4], { device }), randn([2, 3], { device }).mul(1e30)];
      scales.requiresGrad = true;
      const within = (body: () => Tensor) => {
        const output = body();
        const [gradient] = grad([output.float().square().sum()], [scales]);
        return { output: output.float(), gradient };
      };
      const full = within(() => layer.forward(input, scales.mul(1e-30)));
      const short = within(() => autocast({ device }, () => layer.forward(input, scales)));
      expect(full.output.sub(short.output).abs().max().item()).toBeLessThan(0.05);
      expect(short.gradient.isfinite().all().item()).toBeTruthy();
    }));
});
