import * as nn from '../../src/nn';
import { zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('conv2d and convTranspose2d', () => {
  test('refuse channels that are not positive integers', () => {
    expect(() => nn.conv2d(3, 0, { kernelSize: 3 })).toThrow(
      usage('conv2d expects outChannels to be a positive integer but received 0 (number)'),
    );
    expect(() => nn.convTranspose2d(2.5, 1, { kernelSize: 3 })).toThrow(
      usage('convTranspose2d expects inChannels to be a positive integer but received 2.5 (number)'),
    );
  });

  test.each([
    [{ kernelSize: 0 }, 'kernelSize to be an integer of at least 1, or two of them but received 0 (number)'],
    [
      { kernelSize: 3, stride: 0 },
      'stride to be an integer of at least 1, or two of them but received 0 (number)',
    ],
    [
      { kernelSize: 3, padding: -1 },
      'padding to be an integer of at least 0, or two of them but received -1 (number)',
    ],
    [
      { kernelSize: 3, dilation: [1, 0] as const },
      'dilation to be an integer of at least 1, or two of them but received [1, 0] (array)',
    ],
    [{ kernelSize: 3, groups: 0 }, 'groups to be a positive integer but received 0 (number)'],
    [{ kernelSize: 3, groups: 3 }, 'inChannels to be divisible by its 3 groups but received 4 (number)'],
    [{ kernelSize: 3, groups: 4 }, 'outChannels to be divisible by its 4 groups but received 6 (number)'],
  ])('refuse %p', (options, message) => {
    expect(() => nn.conv2d(4, 6, options)).toThrow(usage(`conv2d expects ${message}`));
    expect(() => nn.convTranspose2d(4, 6, options)).toThrow(usage(`convTranspose2d expects ${message}`));
  });

  test('refuse an unknown padding mode', () => {
    const options: object = { kernelSize: 3, paddingMode: 'mirror' };
    expect(() => nn.conv2d(1, 1, { kernelSize: 3, ...options })).toThrow(
      usage(
        "conv2d expects paddingMode to be one of 'zeros', 'reflect', 'replicate', 'circular' but received 'mirror'",
      ),
    );
  });

  test('refuse a missing kernel size and a negative output padding', () => {
    expect(() => Reflect.apply(nn.conv2d, undefined, [1, 1])).toThrow(
      usage('conv2d expects kernelSize to be an integer of at least 1'),
    );
    expect(() => nn.convTranspose2d(1, 1, { kernelSize: 2, outputPadding: -1 })).toThrow(
      usage(
        'convTranspose2d expects outputPadding to be an integer of at least 0, or two of them but received -1',
      ),
    );
  });

  test('name the layer and the shapes when the input does not fit', () => {
    const layer = nn.conv2d(3, 4, { kernelSize: 3 });
    scope(() => {
      expect(() => layer.forward(zeros([2, 5, 8, 8]))).toThrow(failure('ERR_TORCH', 'Conv2d: '));
      expect(() => layer.forward(zeros([2, 5, 8, 8]))).toThrow(failure('ERR_TORCH', '[2, 5, 8, 8]'));
    });
    layer.dispose();
  });

  testLayers('nn/conv');
});
