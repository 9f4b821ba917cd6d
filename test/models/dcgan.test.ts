import { dcganAccepts, dcganDiscriminator, dcganGenerator } from '../../src/models/dcgan';
import { BatchNorm2d } from '../../src/nn/batch-norm';
import { Conv2d } from '../../src/nn/conv';
import { GroupNorm } from '../../src/nn/normalization';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';

const images = { channels: 3, height: 32, width: 32 };

describe('the DCGAN discriminator', () => {
  test.each([
    ['batch', [2, 0], 2],
    ['layer', [0, 2], 2],
    ['none', [0, 0], 4],
  ] as const)(
    'normalises by %s, with a bias where nothing follows that would undo it',
    (norm, counts, biases) => {
      const network = dcganDiscriminator({ images, width: 4, norm });
      const layers = network.modules();
      const convolutions = layers.filter((layer) => layer instanceof Conv2d);
      expect(
        [BatchNorm2d, GroupNorm].map((kind) => layers.filter((layer) => layer instanceof kind).length),
      ).toEqual(counts);
      expect(convolutions.filter(({ bias }) => bias !== null)).toHaveLength(biases);
      scope(() => expect(network.forward(randn([2, 3, 32, 32])).shape).toEqual([2, 1]));
      network.dispose();
    },
  );

  test('without batch norm, judges each image alone', () => {
    for (const norm of ['layer', 'none'] as const) {
      const network = dcganDiscriminator({ images, width: 4, norm });
      scope(() => {
        const two = randn([2, 3, 32, 32]);
        const together = network.forward(two).narrow(0, { start: 0, length: 1 });
        const alone = network.forward(two.narrow(0, { start: 0, length: 1 }));
        expect(together.item()).toBeCloseTo(alone.item(), 5);
      });
      network.dispose();
    }
  });
});

describe('DCGAN networks for images that are not square', () => {
  test.each([
    [96, 64],
    [32, 40],
    [64, 16],
  ])('make and judge images of %d × %d pixels', (height, width) => {
    expect(dcganAccepts({ height, width })).toBe(true);
    const shape = { channels: 2, height, width };
    const generator = dcganGenerator({ images: shape, latentSize: 3, width: 2 });
    const discriminator = dcganDiscriminator({ images: shape, width: 2 });
    scope(() => {
      const fake = generator.forward(randn([2, 3, 1, 1]));
      expect(fake.shape).toEqual([2, 2, height, width]);
      expect(discriminator.forward(fake).shape).toEqual([2, 1]);
    });
    for (const network of [generator, discriminator]) network.dispose();
  });

  test('want a smaller side that is a power of two, and a larger one that is a multiple of its quarter', () => {
    const sizes = [
      [16, 16],
      [48, 48],
      [64, 65],
      [8, 64],
      [1024, 64],
    ];
    expect(sizes.map(([height, width]) => dcganAccepts({ height, width }))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
