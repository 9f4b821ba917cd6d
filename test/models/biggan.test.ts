import * as models from '../../src/models';
import { ClassLatents } from '../../src/models';
import { chunksOf } from '../../src/models/biggan-plan';
import type { Module } from '../../src/nn';
import { Embedding, SelfAttention2d, SpectralNorm, WeightedLayer } from '../../src/nn';
import { standingStatistics } from '../../src/nn/standing-statistics';
import { grad } from '../../src/tensor/autograd';
import { eye, randn, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testModels } from '../support/model-cases';

const images = { channels: 1, height: 32, width: 32 };
const tiny = { images, classes: 3, width: 1 };

const labelsOf = (...labels: number[]) => tensor(labels, { dtype: 'int64' });

/** Builds networks for a body, and releases them. */
function using<N extends readonly Module[]>(networks: readonly [...N], body: (...networks: N) => void): void {
  try {
    scope(() => body(...networks));
  } finally {
    for (const network of networks) network.dispose();
  }
}

describe('bigganGenerator and bigganDiscriminator', () => {
  test('refuse sizes without a plan, naming those there are', () => {
    for (const make of [models.bigganGenerator, models.bigganDiscriminator])
      for (const [height, width] of [
        [48, 48],
        [64, 32],
        [512, 512],
      ])
        expect(() => make({ images: { channels: 3, height, width }, classes: 3, width: 1 })).toThrow(
          usage(`a BigGAN expects square images of 32, 64, 128, 256 pixels but received ${height}×${width}`),
        );
    expect(models.bigganAccepts({ height: 256, width: 256 })).toBe(true);
    expect(models.bigganAccepts({ height: 16, width: 16 })).toBe(false);
  });

  test('refuse attention where there is no map, no classes, and latents of fewer numbers than parts', () => {
    expect(() => models.bigganGenerator({ ...tiny, attention: 64 })).toThrow(
      usage('attention expects the height of one of the feature maps, 8, 16, 32, but is 64'),
    );
    expect(() => models.bigganDiscriminator({ ...tiny, attention: 32 })).toThrow(
      usage('attention expects the height of one of the feature maps, 16, 8, but is 32'),
    );
    for (const make of [models.bigganGenerator, models.bigganDiscriminator])
      expect(() => make({ ...tiny, classes: 0 })).toThrow(usage('classes to be a positive integer'));
    expect(() => models.bigganGenerator({ ...tiny, latentSize: 3 })).toThrow(
      usage(
        'a latent in 4 parts, one for each block and one before them, expects latentSize to be at least 4 but it is 3',
      ),
    );
    using([models.bigganDiscriminator(tiny)], (network) => {
      expect(() => network.forward(zeros([1, 1, 32, 32]))).toThrow(
        usage('a conditional discriminator expects labels [N] beside the images but received none'),
      );
    });
  });

  test('a bottleneck block drops channels in a generator and adds them in a discriminator', () => {
    expect(() => new models.BottleneckGeneratorBlock(4, 8)).toThrow(
      usage('a bottleneck block of a generator keeps or drops channels, but is to make 8 of 4'),
    );
    expect(() => new models.BottleneckDiscriminatorBlock(8, 4)).toThrow(
      usage('a bottleneck block of a discriminator keeps or adds channels, but is to make 4 of 8'),
    );
    const blocks = [
      new models.BottleneckGeneratorBlock(8, 4, { upsample: false }),
      new models.BottleneckDiscriminatorBlock(4, 8, { downsample: false, spectralNorm: false }),
    ] as const;
    using(blocks, (up, down) => {
      // Without the branch the shortcut alone is left.
      for (const conv of [up.convs[3], down.convs[3]])
        for (const value of conv.parameters()) value.detach().fill_(0);
      const wide = randn([2, 8, 4, 4]);
      const kept = wide.narrow(1, { start: 0, length: 4 });
      expect(up.forward(wide).equal(kept)).toBe(true);
      const added = down.forward(kept);
      expect(added.narrow(1, { start: 0, length: 4 }).equal(kept)).toBe(true);
      expect(added.shape).toEqual([2, 8, 4, 4]);
      expect(up.convs[0].parameters()[0].shape).toEqual([2, 8, 1, 1]);
    });
  });

  test.each([
    [32, false],
    [64, false],
    [128, false],
    [256, false],
    [64, true],
    [256, true],
  ])('make and judge images of %p pixels, deep: %p', (side, deep) => {
    const spec = { images: { channels: 3, height: side, width: side }, classes: 2, width: 1, deep };
    const networks = [
      models.bigganGenerator({ ...spec, latentSize: 9, embeddingSize: 2, attention: 16 }),
      models.bigganDiscriminator({ ...spec, attention: 8 }),
    ] as const;
    using(networks, (generator, discriminator) => {
      const labels = labelsOf(0, 1);
      const fake = generator.forward(randn([2, 9]), labels);
      expect(fake.shape).toEqual([2, 3, side, side]);
      expect(discriminator.features(fake).shape).toEqual([2, discriminator.numFeatures]);
      expect(discriminator.forward(fake, labels).shape).toEqual([2, 1]);
      for (const { blocks } of networks)
        expect(blocks.filter((block) => block instanceof SelfAttention2d)).toHaveLength(1);
    });
  });

  test.each([
    // Published: 70,433,988. Biases before batch norms, 31 for each of the width's 96 channels, are left out here.
    ['generator', models.bigganGenerator, 70_433_988 - 31 * 96],
    ['discriminator', models.bigganDiscriminator, 87_982_370],
  ] as const)(
    'the %s has as many parameters as published at 128 pixels of 1,000 classes',
    (_, make, published) => {
      const side = { channels: 3, height: 128, width: 128 };
      const count = (width: number, classes: number) => {
        const network = make({ images: side, width, classes, attention: 64, start: 'normal' });
        const total = network.parameters().reduce((sum, { numel }) => sum + numel, 0);
        network.dispose();
        return total;
      };
      // Linear in classes, and quadratic in the width: that of 96 by Lagrange's weights of 8, 16 and 24.
      const atFullWidth = (classes: number) =>
        45 * count(8, classes) - 99 * count(16, classes) + 55 * count(24, classes);
      const [one, two] = [1, 2].map(atFullWidth);
      expect(one + 999 * (two - one)).toBe(published);
    },
  );

  test('latents are taken in parts as equal as they can be', () => {
    expect([chunksOf(120, 6), chunksOf(9, 4)]).toEqual([
      [20, 20, 20, 20, 20, 20],
      [3, 2, 2, 2],
    ]);
  });

  test('each block sees its own part of the latent beside the class; in a deep network all of it', () => {
    const normsOf = (deep: boolean) => {
      const widths: number[][] = [];
      using([models.bigganGenerator({ ...tiny, deep, latentSize: 9, embeddingSize: 2 })], (network) => {
        const { forward } = network.dense;
        network.dense.forward = (input) => {
          widths.push([input.shape[1]]);
          return forward(input);
        };
        for (const block of network.blocks) {
          const { forward: pass } = block;
          block.forward = (map: Tensor, given?: Tensor) => {
            widths.push([given?.shape[1] ?? 0]);
            return pass(map, given as Tensor);
          };
        }
        const latents = randn([2, 9]);
        latents.requiresGrad = true;
        network.forward(latents, labelsOf(0, 2));
      });
      return widths.flat();
    };
    expect(normsOf(false)).toEqual([3, 4, 4, 4]);
    expect(normsOf(true)).toEqual([11, 11, 11, 11, 11, 11, 11]);
  });

  test('all layers but the generator’s class embedding have spectral norm, with ε 1e-6', () => {
    for (const deep of [false, true])
      using(
        [
          models.bigganGenerator({ ...tiny, deep, attention: 16 }),
          models.bigganDiscriminator({ ...tiny, deep, attention: 16 }),
        ],
        (...networks) => {
          for (const [i, network] of networks.entries()) {
            const modules = network.modules();
            const norms = modules.filter((layer) => layer instanceof SpectralNorm);
            const normalised = new Set<Module>(norms.map(({ layer }) => layer));
            const bare = modules.filter((layer) => layer instanceof WeightedLayer && !normalised.has(layer));
            expect(norms.every(({ eps }) => eps === 1e-6)).toBe(true);
            expect(bare.map((layer) => layer instanceof Embedding)).toEqual(i === 0 ? [true] : []);
          }
        },
      );
  });

  test('weights begin orthogonal, or from N(0, 0.02²); biases as 0, and so do tables of classes', () => {
    using([models.bigganGenerator({ ...tiny, width: 2 })], (network) => {
      for (const layer of network.modules()) {
        if (!(layer instanceof WeightedLayer)) continue;
        const matrix = layer.weight.flatten({ startDim: 1 });
        const [rows, columns] = matrix.shape;
        const products = rows <= columns ? matrix.matmul(matrix.t()) : matrix.t().matmul(matrix);
        expectClose(products, eye(Math.min(rows, columns)), { relative: 1e-4 });
      }
    });
    using([models.bigganGenerator({ ...tiny, conditioning: 'classes', start: 'normal' })], (network) => {
      const state = network.stateDict();
      const dense = state['dense.parametrizations.weight.original'];
      expect(dense.square().mean().sqrt().item()).toBeCloseTo(0.02, 2);
      expect(state['blocks.0.norm1.gamma.weight'].abs().sum().item()).toBe(0);
      expect(state['dense.bias'].abs().sum().item()).toBe(0);
    });
  });

  test('the vectors of spectral norm fit the weights that a network begins with', () => {
    using([models.bigganDiscriminator(tiny)], (network) => {
      for (const layer of network.modules())
        if (layer instanceof SpectralNorm) {
          // Orthogonal weights: every singular value is 1.
          expectClose(layer.eval().normalised().norm(), layer.layer.weight.norm(), { relative: 1e-4 });
        }
    });
  });

  test('logits of two classes differ by the projection of the features', () => {
    using([models.bigganDiscriminator({ ...tiny, width: 2 })], (network) => {
      network.eval();
      const one = randn([1, 1, 32, 32]);
      const [of0, of1] = [0, 1].map((label) => network.forward(one, labelsOf(label)));
      const table = network.embed.forward(labelsOf(1)).sub(network.embed.forward(labelsOf(0)));
      expectClose(of1.sub(of0), table.mul(network.features(one)).sum(1, { keepdim: true }), {
        relative: 1e-3,
      });
    });
  });

  test('standing statistics reach the batch norms that depend on class and latent', () => {
    const body = models.bigganGenerator({ ...tiny, latentSize: 8 });
    using([new ClassLatents(body, { noiseSize: 8 })], (network) => {
      const input = () => randn([16, 11]);
      // Two in each of three blocks, and the last.
      expect(standingStatistics(network, { batches: 3, input })).toBe(7);
      const state = network.stateDict();
      expect(state['body.blocks.0.norm1.norm.num_batches_tracked'].item()).toBe(3);
      expect(state['body.blocks.2.norm2.norm.running_mean'].abs().sum().item()).toBeGreaterThan(0);
    });
  });

  test('an image depends on its class, and on every part of its latent', () => {
    for (const deep of [false, true])
      using([models.bigganGenerator({ ...tiny, width: 4, deep, latentSize: 8 })], (network) => {
        const latents = randn([4, 8]);
        latents.requiresGrad = true;
        const made = network.forward(latents, labelsOf(0, 1, 2, 0));
        const [slope] = grad([made.square().sum()], [latents]);
        expect((slope.abs().sum(0).toArray() as number[]).every((part) => part > 0)).toBe(true);
        const others = network.forward(latents, labelsOf(1, 2, 0, 1));
        expect(others.equal(made)).toBe(false);
      });
  });

  testModels('models/biggan', models);
});
