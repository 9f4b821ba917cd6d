import * as models from '../../src/models';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { testModels } from '../support/model-cases';

describe('convDropoutGenerator and convDropoutDiscriminator', () => {
  test.each([14, 24, 28, 32, 64])('make and judge images of %p pixels', (resolution) => {
    expect(models.convDropoutAccepts({ height: resolution, width: resolution })).toBe(true);
    const options = {
      images: { channels: 3, height: resolution, width: resolution },
      latentSize: 5,
      widths: [8, 64],
      width: 4,
    };
    const generator = models.convDropoutGenerator(options);
    const discriminator = models.convDropoutDiscriminator(options);
    scope(() => {
      const fake = generator.forward(randn([2, 5]));
      expect(fake.shape).toEqual([2, 3, resolution, resolution]);
      expect(fake.abs().max().item()).toBeLessThanOrEqual(1);
      expect(discriminator.forward(fake).shape).toEqual([2, 1]);
    });
    for (const network of [generator, discriminator]) network.dispose();
  });

  test('do not take sizes that come to large odd maps', () => {
    const square = (side: number) => models.convDropoutAccepts({ height: side, width: side });
    expect([7, 17, 38, 100].filter(square)).toEqual([]);
    expect(models.convDropoutAccepts({ height: 64, width: 48 })).toBe(true);
  });

  test('drop units in training only', () => {
    const images = { channels: 1, height: 16, width: 16 };
    const networks = [
      models.convDropoutGenerator({ images, latentSize: 5, widths: [8, 32], width: 4 }),
      models.convDropoutDiscriminator({ images, width: 4 }),
    ];
    scope(() => {
      for (const [index, input] of [randn([4, 5]), randn([4, 1, 16, 16])].entries()) {
        const network = networks[index];
        const repeats = () => network.forward(input).equal(network.forward(input));
        expect(repeats()).toBe(false);
        network.eval();
        expect(repeats()).toBe(true);
      }
    });
    for (const network of networks) network.dispose();
  });

  testModels('models/conv_dropout', models);
});
