// What public copies of these families get wrong.
import { HeadedDiscriminator } from '../../src/models/headed-dcgan';
import { recipes } from '../../src/recipes';
import { acgan } from '../../src/recipes/acgan';
import { cgan } from '../../src/recipes/cgan';
import { convDropout } from '../../src/recipes/conv-dropout';
import { infogan } from '../../src/recipes/infogan';
import { projection } from '../../src/recipes/projection';
import { vae } from '../../src/recipes/vae';
import { vaeGan } from '../../src/recipes/vae-gan';
import { noGrad } from '../../src/tensor/autograd';
import { ones, randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import type { Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, reportsOf, tinyLoader } from '../support/training';

const SMALL = { width: '4' };
const RESNET = { width: '2', discriminatorWidth: '2', growth: '1' };

/** Trains some steps, and releases everything. */
async function train(model: Model, { steps = 1, resolution = 16, labelled = true } = {}) {
  const trainer = new Trainer({ ...model, ema: {}, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader({ resolution, labelled });
  try {
    return await reportsOf(trainer.fit(loader, { steps, logEvery: 1 }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

function release(model: Model): void {
  for (const network of Object.values(model.networks)) network.dispose();
}

describe('conditional recipes', () => {
  test.each(['cgan', 'acgan', 'projection'])(
    '%s is refused images without labels, at the start',
    async (name) => {
      const recipe = recipes[name];
      const values = Object.fromEntries(
        Object.entries(recipe.fields).map(([key, field]) => [key, field.default]),
      );
      expect(() =>
        recipe.build(values, { images: { channels: 1, height: 32, width: 32, classes: 0 } }),
      ).toThrow(usage(`${name} expects a data set with labels`));
      const resolution = 32;
      const model = buildModel(recipe, { set: name === 'projection' ? RESNET : SMALL, resolution });
      await expect(train(model, { resolution, labelled: false })).rejects.toEqual(
        usage('a conditional model expects a data set with labels but "tiny" has none'),
      );
    },
  );

  test.each([
    ['cgan', cgan, SMALL, 16],
    ['projection', projection, { ...RESNET, critic: '2' }, 32],
  ] as const)('%s shows D each fake with the class it was made with', async (_, recipe, set, resolution) => {
    const model = buildModel<never>(recipe as never, { set, resolution });
    const { generator, discriminator } = model.networks;
    const made: number[][] = [];
    const seen: { fake: boolean; labels: number[] }[] = [];
    const fakes = new Set<string>();
    const key = (images: Tensor) => String(images.flatten().narrow(0, { start: 0, length: 50 }).toArray());
    const { forward: generate } = generator;
    generator.forward = (latents) => {
      const images = generate(latents);
      const { shape } = latents;
      made.push(
        latents
          .narrow(1, { start: shape[1] - 3, length: 3 })
          .reshape([shape[0], 3])
          .argmax(1)
          .toArray() as number[],
      );
      fakes.add(key(images));
      return images;
    };
    const { forward: judge } = discriminator;
    discriminator.forward = (images, labels) => {
      // Real images and fakes may come as one batch.
      const [{ length }] = made;
      const classes = labels.split(length);
      for (const [i, part] of images.split(length).entries())
        seen.push({ fake: fakes.has(key(part)), labels: classes[i].toArray() as number[] });
      return judge(images, labels);
    };
    await train(model, { steps: 2, resolution });
    const ofFakes = seen.filter(({ fake }) => fake).map(({ labels }) => labels.join());
    expect(ofFakes.length).toBeGreaterThanOrEqual(4);
    expect(new Set(ofFakes)).toEqual(new Set(made.map((labels) => labels.join())));
  });

  test('acgan’s class head gives logits, no probabilities', () => {
    const model = buildModel(acgan, { set: SMALL });
    const { discriminator } = model.networks;
    if (!(discriminator instanceof HeadedDiscriminator)) throw new Error('acgan has no class head');
    scope(() => {
      const { outputs } = discriminator.both(randn([4, 1, 16, 16]));
      expect(outputs.shape).toEqual([4, 3]);
      expect(outputs.amin().item()).toBeLessThan(0);
    });
    release(model);
  });

  test('projection’s generator has (1 + γ(y)) over a batch norm without weights of its own', () => {
    const model = buildModel(projection, { set: RESNET, resolution: 32 });
    const state = scope(() => Object.keys(model.networks.generator.stateDict()));
    expect(state).toContain('body.blocks.0.norm1.gamma.weight');
    expect(state).toContain('body.blocks.0.norm1.norm.running_mean');
    expect(state).not.toContain('body.blocks.0.norm1.norm.weight');
    scope(() => {
      const gamma = model.networks.generator.stateDict()['body.blocks.0.norm1.gamma.weight'];
      expect(gamma.abs().sum().item()).toBe(0);
      const spectral = Object.keys(model.networks.discriminator.stateDict());
      expect(spectral).toContain('embed.parametrizations.weight.0._u');
      expect(spectral).toContain('dense.parametrizations.weight.0._u');
    });
    release(model);
  });
});

describe('infogan', () => {
  test('has no third step: Q is an end of D, and its term is in the losses of both', async () => {
    const losses = async (information: string) => {
      const model = buildModel(infogan, { set: { ...SMALL, hidden: '5', information } });
      expect(model.phases.map(({ trains }) => trains)).toEqual(['discriminator', 'generator']);
      const [{ losses: found }] = await train(model);
      return found;
    };
    const [without, withIt] = [await losses('0'), await losses('1')];
    // ln 10 for the guess of a category, and for each of two codes ½ ln 2π and half the square of its error.
    const least = Math.log(10) + Math.log(2 * Math.PI);
    for (const name of ['D', 'G']) expect(withIt[name] - without[name]).toBeGreaterThan(least - 0.5);
  });

  test('learns its codes without labels', async () => {
    const model = buildModel(infogan, { set: { ...SMALL, hidden: '5' } });
    const [{ losses }] = await train(model, { labelled: false });
    expect(Object.values(losses).every(Number.isFinite)).toBe(true);
  });
});

describe('vae', () => {
  const set = { hidden: '8', warmUp: '4' };

  test('sums reconstruction and KL over an image, and lets KL grow from 0', async () => {
    const reports = await train(buildModel(vae, { set }), { steps: 7 });
    const { VAE } = reports[0].losses;
    // Of 256 pixels that are guessed as grey.
    expect(VAE / (256 * Math.LN2)).toBeCloseTo(1, 1);
    for (const { step, losses, statistics } of reports) {
      const weight = Math.min(1, (step - 1) / 4);
      expect(losses.VAE).toBeCloseTo(statistics.reconstruction + weight * statistics.KL, 2);
      expect(statistics.ELBO).toBeCloseTo(-statistics.reconstruction - statistics.KL, 2);
    }
  });

  test.each(['bernoulli', 'gaussian', 'discretized'])(
    'samples mean images in [−1, 1] for a %s likelihood',
    (likelihood) => {
      const model = buildModel(vae, { set: { ...set, likelihood } });
      scope(() => {
        const latents = randn([2, 20]);
        const images = model.networks.decoder.forward(latents);
        expect(images.shape).toEqual([2, 1, 16, 16]);
        expect(images.abs().amax().item()).toBeLessThanOrEqual(1);
        expect(model.networks.decoder.forward(latents).equal(images)).toBe(true);
      });
      release(model);
    },
  );

  test('draws latents in training and takes their mean in reconstructions', () => {
    const model = buildModel(vae, { set });
    scope(() => {
      const real = randn([4, 1, 16, 16]).clamp({ min: -1, max: 1 });
      const view = { batch: { images: real }, generate: (z: Tensor) => model.networks.decoder.forward(z) };
      const draw = () => noGrad(() => model.grids?.reconstructions(view as never).images);
      const first = draw();
      expect(first?.shape).toEqual([8, 1, 16, 16]);
      expect(first && draw()?.equal(first)).toBe(true);
      expect(first?.narrow(0, { start: 0, length: 4 }).equal(real)).toBe(true);
      const step = {
        batch: { images: real },
        scheduled: () => ones([]),
        log: () => {},
      } as Partial<Step> as Step;
      expect(model.phases[0].loss(step).item()).not.toBe(model.phases[0].loss(step).item());
    });
    release(model);
  });
});

test('vae-gan’s encoder hears nothing of what D thinks is real, its decoder does', () => {
  const model = buildModel(vaeGan, { set: { ...SMALL, latentSize: '3' } });
  const { encoder, decoder, discriminator } = model.networks;
  scope(() => {
    const real = randn([4, 1, 16, 16]);
    const fake = decoder.forward(randn([4, 3, 1, 1]));
    const step = { batch: { images: real }, made: { fake }, log: () => {} } as Partial<Step> as Step;
    const gradient = (phase: string, network: typeof encoder): number => {
      model.phases
        .find(({ name }) => name === phase)
        ?.loss(step)
        .backward({ retainGraph: true });
      const total = network.parameters().reduce((sum, { grad }) => sum + (grad?.abs().sum().item() ?? 0), 0);
      for (const each of Object.values(model.networks)) each.zeroGrad();
      return total;
    };
    const judge = discriminator.namedParameters().filter(([name]) => name.startsWith('judge.'));
    const ofJudge = () => judge.reduce((sum, [, { grad }]) => sum + (grad?.abs().sum().item() ?? 0), 0);
    expect(gradient('E', encoder)).toBeGreaterThan(0);
    model.phases
      .find(({ name }) => name === 'E')
      ?.loss(step)
      .backward({ retainGraph: true });
    expect(ofJudge()).toBe(0);
    model.phases
      .find(({ name }) => name === 'G')
      ?.loss(step)
      .backward({ retainGraph: true });
    expect(ofJudge()).toBeGreaterThan(0);
  });
  release(model);
});

describe('conv-dropout', () => {
  test.each([16, 28, 32])('makes images of %d pixels', (resolution) => {
    const model = buildModel(convDropout, { set: { units: '8', width: '4' }, resolution });
    scope(() => {
      const images = model.networks.generator.forward(randn([2, 100]));
      expect(images.shape).toEqual([2, 1, resolution, resolution]);
      expect(model.networks.discriminator.forward(images).shape).toEqual([2, 1]);
    });
    release(model);
  });

  test('drops units in training only', () => {
    const model = buildModel(convDropout, { set: { units: '8', width: '4', generatorDropout: '0.5' } });
    scope(() => {
      const latents = randn([4, 100]);
      const twice = (network: Model['networks'][string], input: Tensor) =>
        network.forward(input).equal(network.forward(input));
      const { generator, discriminator } = model.networks;
      const images = generator.eval().forward(latents);
      expect([twice(generator, latents), twice(discriminator.eval(), images)]).toEqual([true, true]);
      generator.train();
      discriminator.train();
      expect([twice(generator, latents), twice(discriminator, images)]).toEqual([false, false]);
    });
    release(model);
  });
});
