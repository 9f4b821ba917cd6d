import * as nn from '../../src/nn';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('upsample', () => {
  test.each([
    [{}, 'upsample expects exactly one of size and scaleFactor but received neither'],
    [{ size: 4, scaleFactor: 2 }, 'upsample expects exactly one of size and scaleFactor but received both'],
    [{ scaleFactor: 0 }, 'upsample expects scaleFactor to be positive but received 0 (number)'],
    [
      { size: 1.5 },
      'upsample expects size to be an integer of at least 1, or two of them but received 1.5 (number)',
    ],
    [
      { scaleFactor: 2, alignCorners: true },
      "upsample expects alignCorners only with mode 'bilinear' but received mode 'nearest'",
    ],
  ])('refuses %p', (options, message) => {
    expect(() => nn.upsample(options)).toThrow(usage(message));
  });

  test('refuses an unknown mode', () => {
    const options: object = { scaleFactor: 2, mode: 'cubic' };
    expect(() => nn.upsample(options)).toThrow(
      usage("upsample expects mode to be one of 'nearest', 'bilinear' but received 'cubic' (string)"),
    );
  });

  testLayers('nn/upsample');
});
