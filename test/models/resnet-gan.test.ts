import * as models from '../../src/models';
import { randn, tensor } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testModels } from '../support/model-cases';

const images = { channels: 1, height: 32, width: 32 };

describe('resnetGenerator and resnetDiscriminator', () => {
  test('refuse resolutions they are not made for, and attention where there is no map', () => {
    const odd = { channels: 1, height: 48, width: 48 };
    for (const make of [models.resnetGenerator, models.resnetDiscriminator]) {
      expect(() => make({ images: odd })).toThrow(
        usage('a ResNet GAN expects square images of 32, 64, 128 pixels but received 48×48'),
      );
    }
    expect(() => models.resnetGenerator({ images, attention: 4, width: 1 })).toThrow(
      usage('attention expects the height of one of the feature maps, 8, 16, 32, but is 4'),
    );
    expect(() => models.resnetDiscriminator({ images, attention: 32, width: 1 })).toThrow(
      usage('attention expects the height of one of the feature maps, 16, 8, but is 32'),
    );
    const square = (side: number) => models.resnetAccepts({ height: side, width: side });
    expect([16, 32, 64, 128, 256].filter(square)).toEqual([32, 64, 128]);
    expect(models.resnetAccepts({ height: 32, width: 64 })).toBe(false);
  });

  test.each([32, 64, 128])('make and judge images of %p pixels', (resolution) => {
    const spec = { channels: 3, height: resolution, width: resolution };
    const generator = models.resnetGenerator({ images: spec, latentSize: 5, width: 1, attention: 16 });
    const discriminator = models.resnetDiscriminator({ images: spec, width: 1, attention: 8 });
    scope(() => {
      const fake = generator.forward(randn([2, 5]));
      expect(fake.shape).toEqual([2, 3, resolution, resolution]);
      expect(discriminator.features(fake).shape).toEqual([2, discriminator.numFeatures]);
      expect(discriminator.forward(fake).shape).toEqual([2, 1]);
    });
    for (const network of [generator, discriminator]) network.dispose();
  });

  test('a conditional discriminator wants labels, and what they are counts', () => {
    // Of networks as narrow as this about 1 in 100 has features that are all 0, and then no label counts.
    manualSeed(1);
    const network = models.resnetDiscriminator({ images, width: 2, classes: 3 });
    scope(() => {
      const input = randn([1, 1, 32, 32]);
      expect(() => network.forward(input)).toThrow(
        usage('a conditional discriminator expects labels [N] beside the images but received none'),
      );
      const [zero, one] = [0, 1].map((label) => network.forward(input, tensor([label], { dtype: 'int64' })));
      expect(zero.equal(one)).toBe(false);
    });
    network.dispose();
  });

  testModels('models/resnet_gan', models);
});
