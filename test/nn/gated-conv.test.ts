import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('gatedConv2d', () => {
  test.each([0, 1.5, -2])('refuses %d channels', (channels) => {
    expect(() => nn.gatedConv2d(3, channels, { kernelSize: 3 })).toThrow(
      usage(`gatedConv2d expects outChannels to be a positive integer but received ${channels} (number)`),
    );
  });

  test('refuses an unknown activation, and what a convolution refuses', () => {
    const options: object = { activation: 'swish' };
    expect(() => nn.gatedConv2d(3, 4, { kernelSize: 3, ...options })).toThrow(
      usage("gatedConv2d expects activation to be one of 'elu', 'none' but received 'swish'"),
    );
    expect(() => nn.gatedConv2d(3, 4, { kernelSize: 0 })).toThrow(usage('kernelSize'));
  });

  testLayers('nn/gated_conv');

  test('starts so that maps neither vanish nor grow through many layers', () => {
    manualSeed(2);
    const network = nn.sequential(
      ...Array.from({ length: 20 }, () => nn.gatedConv2d(64, 64, { kernelSize: 1 })),
    );
    const power = scope(() =>
      network
        .forward(randn([16, 64, 8, 8]))
        .square()
        .mean()
        .item(),
    );
    network.dispose();
    expect(power).toBeGreaterThan(0.01);
    expect(power).toBeLessThan(1);
  });
});
