import * as models from '../../src/models';
import { ones, randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testModels } from '../support/model-cases';

describe('GroupedResidualBlock', () => {
  test('refuses sizes that are not positive, and groups that do not divide its channels', () => {
    expect(() => new models.GroupedResidualBlock(0, { blocks: 1 })).toThrow(
      usage('GroupedResidualBlock expects channels to be a positive integer but received 0 (number)'),
    );
    expect(() => new models.GroupedResidualBlock(12, { blocks: 1 })).toThrow(
      usage('expects channels · expansion to be a multiple of groupSize, 16, but received 24 (number)'),
    );
  });

  test('starts as the identity, the inner weights the smaller the more blocks there are', () => {
    manualSeed(6);
    const [few, many] = [1, 16].map((blocks) => new models.GroupedResidualBlock(64, { blocks }));
    scope(() => {
      const input = randn([2, 64, 4, 4]);
      expect(few.forward(input).equal(input)).toBe(true);
      const [one, sixteenth] = [few, many].map(({ mix }) => mix.weight.std().item());
      // He's deviation for a leaky ReLU of 0.2 and 16 · 9 inputs.
      expect(one).toBeCloseTo(Math.sqrt(2 / 1.04 / 144), 2);
      expect(sixteenth / one).toBeCloseTo(0.5, 1);
    });
    for (const block of [few, many]) block.dispose();
  });
});

describe('modernGenerator and modernDiscriminator', () => {
  test('refuse sizes that are not positive integers', () => {
    const images = { channels: 1, height: 16, width: 16 };
    expect(() => models.modernGenerator({ images, width: 0 })).toThrow(
      usage('modern networks expects width to be a positive integer but received 0 (number)'),
    );
    const square = (side: number) => models.modernAccepts({ height: side, width: side });
    expect([4, 8, 28, 32, 512, 1024].filter(square)).toEqual([8, 32, 512]);
    expect(models.modernAccepts({ height: 32, width: 64 })).toBe(false);
  });

  test.each([8, 32])('make and judge images of %p pixels', (resolution) => {
    const images = { channels: 3, height: resolution, width: resolution };
    const options = { images, width: 4, groupSize: 4, blocksPerStage: 1 };
    const generator = models.modernGenerator({ ...options, latentSize: 6 });
    const discriminator = models.modernDiscriminator(options);
    scope(() => {
      const fake = generator.forward(randn([2, 6]));
      expect(fake.shape).toEqual([2, 3, resolution, resolution]);
      expect(discriminator.forward(fake).shape).toEqual([2, 1]);
      expect(discriminator.forward(ones([1, 3, resolution, resolution])).shape).toEqual([1, 1]);
    });
    for (const network of [generator, discriminator]) network.dispose();
  });

  testModels('models/modern', models);
});
