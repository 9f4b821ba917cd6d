// What public copies of pix2pix and CycleGAN get wrong.
import { join } from 'node:path';
import type { ImageSpec } from '../../src/data/dataset';
import { ReplayPool } from '../../src/models/replay-pool';
import { Conv2d, ConvTranspose2d } from '../../src/nn/conv';
import { Dropout } from '../../src/nn/dropout';
import type { Module } from '../../src/nn/module';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { decayingAdam, patchLoss } from '../../src/recipes/translation';
import { rand, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { ImageSampler } from '../../src/training/image-sampler';
import type { Model } from '../../src/training/model';
import type { Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { filesOf, reportsOf, temporaryFolder } from '../support/training';
import { domainLoader } from '../support/translation-twin';

const SMALL = { width: '2', patch: '16' };

function spec(channels: number): ImageSpec {
  return { channels, height: 16, width: 16, classes: 0 };
}

/** The same weights for the same recipe and widths. */
function build(
  name: 'pix2pix' | 'cyclegan',
  { set = {}, a = 1, b = 1 }: { set?: Record<string, string>; a?: number; b?: number } = {},
): Model {
  manualSeed(11);
  const { fields, build: make } = recipes[name];
  const config = parseConfig(fields, {
    set: { ...SMALL, ...(name === 'cyclegan' ? { blocks: '1' } : {}), ...set },
  });
  return make(config, { a: spec(a), b: spec(b) }, { steps: 10 });
}

function release({ networks }: Model): void {
  for (const network of Object.values(networks)) network.dispose();
}

function samplerOf({ sampler }: Model): ImageSampler {
  if (sampler instanceof ImageSampler) return sampler;
  throw new Error('it takes no images');
}

function images(channels: number, count = 1): Tensor {
  return rand([count, channels, 16, 16]).mul(2).sub(1);
}

/** The loss of a phase on these tensors. */
function lossOf(model: Model, phase: 'D' | 'G', { batch, made }: Pick<Step, 'batch' | 'made'>): number {
  const found = model.phases.find(({ name }) => name === phase);
  const step = { batch, made, networks: model.networks, log: () => undefined } as Partial<Step> as Step;
  return scope(() => Number(found?.loss(step).item()));
}

test('cyclegan refuses an identity between domains of other channels, and says what to do', () => {
  expect(() => build('cyclegan', { a: 3 })).toThrow(
    usage(
      'identity expects domains of as many channels but they have 3 and 1: try --set identity=0, or --channels 3',
    ),
  );
  release(build('cyclegan', { a: 3, set: { identity: '0' } }));
});

test.each(['pix2pix', 'cyclegan'] as const)('%s refuses images without one whole patch', (name) => {
  expect(() => build(name, { set: { patch: '70' } })).toThrow(
    usage('patch=70 expects images of at least 24×24 pixels but they are of 16×16: try --set patch=34'),
  );
});

test.each([
  ['least-squares', 0.5, 1],
  ['non-saturating', Math.LN2, Math.LN2],
  ['hinge', 1, 0],
] as const)('%s is half as heavy on D as the sum over real images and fakes, whole on G', (name, d, g) => {
  const loss = patchLoss(name);
  scope(() => {
    const [unsure, real] = [zeros([2, 1, 3, 3]), zeros([2, 1, 3, 3])];
    expect(loss.discriminator(real, unsure).item()).toBeCloseTo(d, 6);
    expect(loss.generator(unsure, () => real).item()).toBeCloseTo(g, 6);
  });
});

test('the learning rate is constant for half of the training and falls along a line to 0', () => {
  const parameter = zeros([1], { requiresGrad: true });
  const optimizer = decayingAdam({ lr: 1, beta1: 0.5 }, { steps: 8 })([parameter]);
  const rates: number[] = [];
  for (let step = 0; step <= 8; step++) {
    rates.push(...optimizer.lr);
    optimizer.step();
  }
  expect(rates).toEqual([1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]);
  optimizer.dispose();
  parameter.dispose();
});

describe('cyclegan', () => {
  const given = () => ({
    batch: { a: images(1), b: images(1) },
    made: { fakeA: images(1), fakeB: images(1) },
  });

  test('shows earlier fakes to D alone: G’s loss is the same whatever the pools hold', () => {
    const model = build('cyclegan', { set: { pool: '2' } });
    scope(() => {
      const seen = given();
      const before = lossOf(model, 'G', seen);
      const fresh = lossOf(model, 'D', seen);
      for (const network of Object.values(model.networks))
        if (network instanceof ReplayPool) {
          network.images?.fill_(-1);
          network.count?.fill_(2);
        }
      const counts = () => ['poolA', 'poolB'].map((name) => model.networks[name].stateDict().count.item());
      expect(lossOf(model, 'G', seen)).toBe(before);
      expect(counts()).toEqual([2, 2]);
      const shown = new Set(Array.from({ length: 8 }, () => lossOf(model, 'D', seen)));
      expect(shown.size).toBeGreaterThan(1);
      expect([...shown].some((loss) => loss !== fresh)).toBe(true);
    });
    release(model);
  });

  test('weighs the identity relative to lambda', () => {
    scope(() => {
      const seen = given();
      const loss = (lambda: string, identity: string): number => {
        const model = build('cyclegan', { set: { lambda, identity } });
        const found = lossOf(model, 'G', seen);
        release(model);
        return found;
      };
      const distance = (lambda: string, identity: string) => loss(lambda, identity) - loss(lambda, '0');
      const model = build('cyclegan');
      const { ab, ba } = model.networks;
      const { a, b } = seen.batch;
      const away = (translator: Module, image: Tensor) => translator.forward(image).sub(image).abs().mean();
      const identity = away(ab, b).add(away(ba, a)).item();
      release(model);
      expect(distance('10', '0.5') / (5 * identity)).toBeCloseTo(1, 3);
      expect(distance('20', '0.5') / (10 * identity)).toBeCloseTo(1, 3);
      expect(distance('10', '1') / (10 * identity)).toBeCloseTo(1, 3);
    });
  });

  test('keeps the biases of all convolutions, though instance norm follows', () => {
    const model = build('cyclegan');
    const { ab, ba, judgeA, judgeB } = model.networks;
    for (const network of [ab, ba, judgeA, judgeB]) {
      const convolutions = [...network.modules()].filter(
        (layer) => layer instanceof Conv2d || layer instanceof ConvTranspose2d,
      );
      expect(convolutions.length).toBeGreaterThanOrEqual(3);
      expect(convolutions.every(({ bias }) => bias !== null)).toBe(true);
    }
    release(model);
  });

  const folder = temporaryFolder();

  test('goes on from a checkpoint with its pools and its learning rate, bit for bit', async () => {
    manualSeed(2);
    const domains = scope(() => ({
      a: rand([3, 1, 1, 16, 16]).mul(255),
      b: rand([3, 1, 1, 16, 16]).mul(255),
    }));
    const train = async (name: string, steps: number, resume = false) => {
      const model = build('cyclegan', { set: { pool: '2', emaImages: '0' } });
      const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
      const options = { steps, resume, out: join(folder.path, name), page: false, sampleEvery: 100 } as const;
      await reportsOf(trainer.fit(domainLoader(domains), options));
      trainer.dispose();
      return (step: string) => {
        const checkpoint = join(folder.path, name, 'checkpoints', step);
        return [join(checkpoint, 'networks'), join(checkpoint, 'optimizers')].map(filesOf);
      };
    };
    const whole = await train('whole', 10);
    await train('parts', 7);
    const parts = await train('parts', 10, true);
    expect(Object.keys(whole('step-000010')[0])).toContain('poolA.safetensors');
    expect(parts('step-000010')).toEqual(whole('step-000010'));
    for (const tensor of Object.values(domains)) tensor.dispose();
  });
});

describe('pix2pix', () => {
  test('shows D what an image was made from, real or made', () => {
    const model = build('pix2pix', { a: 3, b: 2 });
    const conv = [...model.networks.discriminator.modules()].find((layer) => layer instanceof Conv2d);
    expect(conv?.weight.shape[1]).toBe(3 + 2);
    scope(() => {
      const [b, fake] = [images(2), images(2)];
      const losses = [images(3), images(3)].map((a) =>
        lossOf(model, 'D', { batch: { a, b }, made: { fake } }),
      );
      expect(losses[0]).not.toBe(losses[1]);
      const a = images(3);
      const adversarial = [a, a.neg()].map((condition) =>
        lossOf(model, 'G', { batch: { a: condition, b }, made: { fake: b } }),
      );
      expect(adversarial[0]).not.toBe(adversarial[1]);
    });
    release(model);
  });

  test.each([
    ['ab', 3, 1],
    ['ba', 1, 3],
  ])('translates %s', (direction, from, to) => {
    const model = build('pix2pix', { a: 3, b: 1, set: { direction } });
    scope(() => {
      const sampler = samplerOf(model);
      expect(Object.keys(sampler.directions)).toEqual([direction]);
      expect(sampler.make(model.networks, images(from)).shape).toEqual([1, to, 16, 16]);
    });
    release(model);
  });

  test('keeps dropout on in use: another seed makes another image, the same seed the same', () => {
    const model = build('pix2pix', { set: { width: '8' } });
    const { generator } = model.networks;
    const sampler = samplerOf(model);
    scope(() => {
      const input = images(1);
      const make = (seed: number) => sampler.make(model.networks, input, { seed });
      expect(make(1).equal(make(1))).toBe(true);
      expect(make(1).equal(make(2))).toBe(false);
      expect([...generator.modules()].some((layer) => layer instanceof Dropout)).toBe(true);
    });
    release(model);
  });

  test('normalises by the image itself in use, whatever stands beside it and whatever was learned', () => {
    const model = build('pix2pix', { set: { dropout: '0', width: '4' } });
    const { generator } = model.networks;
    const sampler = samplerOf(model);
    scope(() => {
      const input = images(1);
      const others = images(1, 2).mul(0.1).add(0.9);
      const alone = sampler.make(model.networks, input);
      const together = sampler.make(model.networks, cat([input, others]));
      expectClose(together.narrow(0, { start: 0, length: 1 }), alone);
      for (const [name, buffer] of generator.namedBuffers())
        if (name.endsWith('running_mean')) buffer.fill_(7);
      const buffers = () => generator.namedBuffers().map(([name, buffer]) => [name, buffer.toArray()]);
      const before = buffers();
      expect(sampler.make(model.networks, input).equal(alone)).toBe(true);
      expect(buffers()).toEqual(before);
      expect([generator.training, generator.frozen]).toEqual([true, false]);
      generator.eval();
      expect(generator.forward(input).equal(alone)).toBe(false);
    });
    release(model);
  });
});
