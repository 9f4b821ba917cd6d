// What public copies of BigGAN get wrong, and what the recipe's sizes stand for.
import { BigGanDiscriminator, BigGanGenerator } from '../../src/models';
import { SelfAttention2d } from '../../src/nn';
import { Adam } from '../../src/optim/adam';
import { biggan } from '../../src/recipes/biggan';
import { parseConfig } from '../../src/recipes/config';
import { randn, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Model } from '../../src/training/model';
import type { Step } from '../../src/training/phase';
import { usage } from '../support/failure';
import { buildModel } from '../support/training';

const SMALL = { latentSize: '8', width: '1', discriminatorWidth: '1', embeddingSize: '3' };

/** Builds a small model, and releases it. */
function using(
  set: Record<string, string>,
  body: (model: Model, generator: BigGanGenerator, discriminator: BigGanDiscriminator) => void,
  resolution = 32,
): void {
  const model = buildModel(biggan, { set: { ...SMALL, ...set }, resolution });
  const { generator, discriminator } = model.networks;
  const body0 = generator.children().find((child) => child instanceof BigGanGenerator);
  try {
    if (!body0 || !(discriminator instanceof BigGanDiscriminator)) throw new Error('no BigGAN');
    scope(() => body(model, body0, discriminator));
  } finally {
    for (const network of Object.values(model.networks)) network.dispose();
  }
}

/** Rates, betas, ε of each phase's optimizer, and how often the phase runs. */
function optimizersOf({ networks, phases }: Model) {
  return phases.map(({ name, optimizer, trains, repeat }) => {
    const made = optimizer(networks[trains as string].parameters());
    if (!(made instanceof Adam)) throw new Error('not Adam');
    const { betas, eps } = made;
    const [lr] = made.lr;
    made.dispose();
    return { name, lr, betas, eps, repeat };
  });
}

describe('biggan', () => {
  test('is refused images without classes, and of a size without a plan', () => {
    const build = (height: number, classes: number) =>
      biggan.build(parseConfig(biggan.fields, { set: SMALL }), {
        images: { channels: 1, height, width: height, classes },
      });
    expect(() => build(32, 0)).toThrow(usage('biggan expects a data set with labels, but this one has none'));
    expect(() => build(48, 3)).toThrow(
      usage('a BigGAN expects square images of 32, 64, 128, 256 pixels but received 48×48'),
    );
    expect(biggan.resolutions.description).toBe('32, 64, 128 or 256, square');
    expect(() => parseConfig(biggan.fields, { set: { size: 'large' } })).toThrow(
      usage('--set size expects small, paper or cifar, but got "large"'),
    );
    expect(() => buildModel(biggan, { set: { ...SMALL, attention: '64' }, resolution: 32 })).toThrow(
      usage('attention expects the height of one of the feature maps, 8, 16, 32, but is 64'),
    );
  });

  test('trains by Adam without momentum, ε 1e-6, D faster than G; as for CIFAR-10 D four times as often', () => {
    const adam = { betas: [0, 0.999], eps: 1e-6 };
    using({}, (model) => {
      expect(optimizersOf(model)).toEqual([
        { name: 'D', lr: 4e-4, repeat: 1, ...adam },
        { name: 'G', lr: 2e-4, repeat: undefined, ...adam },
      ]);
      expect(model.ema).toEqual({ generator: { halfLifeImages: 10_000 } });
    });
    using({ size: 'paper' }, (model) => {
      expect(optimizersOf(model).map(({ lr, repeat }) => [lr, repeat])).toEqual([
        [2e-4, 2],
        [5e-5, undefined],
      ]);
    });
    using({ size: 'cifar' }, (model) => {
      expect(optimizersOf(model).map(({ lr, repeat }) => [lr, repeat])).toEqual([
        [2e-4, 4],
        [2e-4, undefined],
      ]);
      const { halfLifeImages = 0, ...rest } = model.ema?.generator ?? {};
      expect(rest).toEqual({ start: 1_000, rampUp: null });
      // 0.9999 a step, for batches of 50.
      expect(0.5 ** (50 / halfLifeImages)).toBeCloseTo(0.9999, 7);
    });
  });

  test('its average of paper size keeps 0.9999 a step for the paper’s batches, from step 20,000 on', () =>
    using({ size: 'paper' }, ({ ema }) => {
      const { halfLifeImages = 0, start } = ema?.generator ?? {};
      expect(0.5 ** (2_048 / halfLifeImages)).toBeCloseTo(0.9999, 8);
      expect(start).toBe(20_000);
    }));

  test.each([
    [32, 16],
    [64, 32],
    [128, 64],
    [256, 64],
  ])(
    'of %p pixels it has attention at %p in both networks, unless it is told another height or none',
    (side, height) => {
      const heights: number[] = [];
      const watch = (network: BigGanGenerator | BigGanDiscriminator) => {
        for (const block of network.blocks) {
          if (!(block instanceof SelfAttention2d)) continue;
          const { forward } = block;
          block.forward = (map) => {
            heights.push(map.shape[2]);
            return forward(map);
          };
        }
      };
      const labels = () => tensor([0, 1], { dtype: 'int64' });
      const both = (set: Record<string, string>) => {
        heights.length = 0;
        using(
          set,
          (_, generator, discriminator) => {
            for (const network of [generator, discriminator]) watch(network);
            generator.forward(randn([2, 8]), labels());
            discriminator.forward(randn([2, 1, side, side]), labels());
          },
          side,
        );
        return [...heights];
      };
      expect(both({})).toEqual([height, height]);
      expect(both({ deep: 'true' })).toEqual([height, height]);
      expect(both({ attention: '0' })).toEqual([]);
      expect(both({ attention: '8' })).toEqual([8, 8]);
    },
  );

  test('as for CIFAR-10 it has no parts, no shared embedding, no attention, and 256 channels throughout', () => {
    const model = buildModel(biggan, { set: { size: 'cifar' }, resolution: 32 });
    try {
      scope(() => {
        const generator = model.networks.generator.stateDict();
        expect(Object.keys(generator).filter((key) => key.startsWith('body.embed'))).toEqual([]);
        expect(generator['body.dense.parametrizations.weight.original'].shape).toEqual([256 * 16, 128]);
        expect(generator['body.blocks.2.conv2.parametrizations.weight.original'].shape).toEqual([
          256, 256, 3, 3,
        ]);
        expect(generator['body.blocks.0.norm1.gamma.weight'].shape).toEqual([3, 256]);
        const discriminator = model.networks.discriminator.stateDict();
        expect(Object.keys(discriminator).filter((key) => key.endsWith('.gamma'))).toEqual([]);
        expect(discriminator['blocks.3.conv2.parametrizations.weight.original'].shape).toEqual([
          256, 256, 3, 3,
        ]);
        expect(model.latent).toEqual({ size: 128, classes: 3, conditional: true });
      });
    } finally {
      for (const network of Object.values(model.networks)) network.dispose();
    }
  });

  test('its latents have 20 numbers for each part; a deep one 128 in all', () => {
    const sizes = [32, 64].flatMap((resolution) =>
      ['false', 'true'].map((deep) => {
        const model = buildModel(biggan, { set: { width: '1', discriminatorWidth: '1', deep }, resolution });
        for (const network of Object.values(model.networks)) network.dispose();
        return model.latent;
      }),
    );
    expect(sizes).toMatchObject([{ size: 80 }, { size: 128 }, { size: 100 }, { size: 128 }]);
  });

  test('keeps G’s filters orthogonal by its own loss alone, and not the embeddings of classes', () => {
    const losses = (orthogonal: string) => {
      const found: { penalty: number; embedding: unknown; dense: unknown }[] = [];
      using({ orthogonal }, (model, generator, discriminator) => {
        const fake = model.networks.generator.forward(randn([4, 11]));
        const step = {
          networks: model.networks,
          made: { fake },
          latentLabels: tensor([0, 1, 2, 0], { dtype: 'int64' }),
          log: () => {},
        } as Partial<Step> as Step;
        const G = model.phases[1].loss(step);
        G.backward();
        const judged = discriminator.forward(fake.detach(), step.latentLabels).mean().neg();
        found.push({
          penalty: G.item() - judged.item(),
          embedding: generator.embed?.weight.grad?.toArray(),
          dense: generator.dense.parameters()[0].grad?.toArray(),
        });
      });
      return found[0];
    };
    const [without, withIt] = [losses('0'), losses('1')];
    expect(without.penalty).toBeCloseTo(0, 5);
    // Matrices of more rows than columns cannot have orthogonal rows.
    expect(withIt.penalty).toBeGreaterThan(1);
    expect(withIt.embedding).toEqual(without.embedding);
    expect(withIt.dense).not.toEqual(without.dense);
  });
});
