import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/io/safetensors';
import { tensorsToRecords } from '../../src/io/tensors';
import { replayPool } from '../../src/models/replay-pool';
import { leakyRelu } from '../../src/nn/activation';
import { batchNorm2d } from '../../src/nn/batch-norm';
import { conv2d } from '../../src/nn/conv';
import { linear } from '../../src/nn/linear';
import type { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { spectralNorm } from '../../src/nn/spectral-norm';
import { noGrad } from '../../src/tensor/autograd';
import { ones, tensor, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { FitOptions } from '../../src/training/fit-options';
import { fittedText, unfittedTexts } from '../../src/training/initialisation';
import { initialise } from '../../src/training/initialise';
import type { Networks } from '../../src/training/phase';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { readFixture, testDevice } from '../support/fixtures';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const made: Module[] = [];

/** A model of networks that are released after the test. */
function modelOf<N extends Networks>(networks: N): { readonly networks: N } {
  made.push(...Object.values(networks));
  return { networks };
}

const encoderAndDecoder = (units = 3) =>
  modelOf({
    encoder: sequential(linear(4, units), linear(units, 2)),
    decoder: sequential(linear(2, units), linear(units, 4)),
  });

/** Writes tensors as a file, and returns its path. */
async function save(name: string, make: () => Readonly<Record<string, Tensor>>): Promise<string> {
  await writeSafetensors(
    at(name),
    scope(() => tensorsToRecords(make())),
  );
  return at(name);
}

const saveState = (name: string, network: Module) => save(name, () => network.stateDict());

/** Bytes of a network's tensors by name. */
function bytesOf(network: Module): Record<string, string> {
  return scope(() =>
    Object.fromEntries(
      Object.entries(network.stateDict()).map(([name, tensor]) => [
        name,
        Buffer.from(tensor.toBytes()).toString('hex'),
      ]),
    ),
  );
}

async function train(
  trainer: ReturnType<typeof tinyTrainer>,
  options: Partial<FitOptions> & { readonly steps: number },
): Promise<void> {
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { page: false, ...options }));
  loader.dispose();
  trainer.dispose();
}

describe('initialise', () => {
  afterEach(() => {
    for (const network of made.splice(0)) network.dispose();
  });

  describe('refuses, and loads nothing of', () => {
    test('a source where nothing fits, naming what it has and what was expected', async () => {
      const model = encoderAndDecoder();
      const before = bytesOf(model.networks.encoder);
      const source = await save('other.safetensors', () => ({
        '0.weight': zeros([5, 4]),
        '2.bias': zeros([9]),
      }));
      await expect(initialise(model, source)).rejects.toEqual(
        failure(
          'ERR_STATE_DICT',
          `nothing in ${source} fits: expected tensors of encoder (0.weight [3, 4], 0.bias [3], 1.weight [2, 3], and 1 more) and decoder (0.weight [3, 2], 0.bias [3], 1.weight [4, 3], and 1 more) but it has 0.weight [5, 4], 2.bias [9]: build the networks in its sizes`,
        ),
      );
      expect(bytesOf(model.networks.encoder)).toEqual(before);
    });

    test('a source of which counters alone fit', async () => {
      const [small, large] = [2, 3].map((channels) => modelOf({ norm: sequential(batchNorm2d(channels)) }));
      const source = await saveState('norm.safetensors', small.networks.norm);
      await expect(initialise(large, source)).rejects.toEqual(failure('ERR_STATE_DICT', 'nothing in'));
    });

    test.each([
      ['NaN in a parameter', '0.bias', Number.NaN, 'float32'],
      ['infinity in a parameter', '0.bias', Number.POSITIVE_INFINITY, 'float32'],
      ['half-precision infinity', '0.bias', Number.NEGATIVE_INFINITY, 'bfloat16'],
      ['a number that float32 does not have', '0.bias', 1e300, 'float64'],
      ['NaN in a buffer', '1.running_mean', Number.NaN, 'float32'],
    ] as const)('%s', async (_, name, value, dtype) => {
      const network = () => sequential(conv2d(1, 2, { kernelSize: 3 }), batchNorm2d(2));
      const [from, to] = [modelOf({ generator: network() }), modelOf({ generator: network() })];
      const spoiled = scope(() => ({
        ...tensorsToRecords(from.networks.generator.stateDict()),
        ...tensorsToRecords({ [name]: zeros([2], { dtype }).add(value) }),
      }));
      await writeSafetensors(at('bad.safetensors'), spoiled);
      const before = bytesOf(to.networks.generator);
      await expect(initialise(to, at('bad.safetensors'))).rejects.toEqual(
        failure('ERR_BAD_WEIGHTS', `generator ${name} expected finite numbers but holds NaN or infinity`),
      );
      expect(bytesOf(to.networks.generator)).toEqual(before);
    });

    test.each(['int64', 'uint8', 'bool'] as const)('whole numbers, %s, in a parameter', async (dtype) => {
      const [from, to] = [1, 2].map(() => modelOf({ generator: sequential(linear(2, 2)) }));
      const weights = scope(() => ({
        ...tensorsToRecords(from.networks.generator.stateDict()),
        ...tensorsToRecords({ '0.bias': ones([2]).to({ dtype }) }),
      }));
      await writeSafetensors(at('packed.safetensors'), weights);
      const before = bytesOf(to.networks.generator);
      await expect(initialise(to, at('packed.safetensors'))).rejects.toEqual(
        failure('ERR_BAD_WEIGHTS', `generator 0.bias expected floating-point numbers but holds ${dtype}`),
      );
      expect(bytesOf(to.networks.generator)).toEqual(before);
    });

    test('a network that the model does not have, and one without parameters', async () => {
      const pool = replayPool({ images: { channels: 1, height: 2, width: 2 }, size: 2 });
      const model = modelOf({ generator: sequential(linear(2, 2)), pool });
      const source = await saveState('one.safetensors', model.networks.generator);
      for (const network of ['critic', 'pool'])
        await expect(initialise(model, source, { network })).rejects.toEqual(
          usage(`expected one of the networks generator but received "${network}"`),
        );
    });

    test('a file of one network that fits several alike, until it is told for which', async () => {
      const network = () => sequential(linear(3, 3));
      const model = modelOf({ ab: network(), ba: network() });
      const [source, ab] = [network(), bytesOf(model.networks.ab)];
      made.push(source);
      const file = await saveState('either.safetensors', source);
      await expect(initialise(model, file)).rejects.toEqual(
        usage(`${file} fits ab and ba alike: say which it is for, as FILE:ab on the command line`),
      );
      const { networks } = await initialise(model, file, { network: 'ba' });
      expect(Object.keys(networks)).toEqual(['ba']);
      expect(bytesOf(model.networks.ba)).toEqual(bytesOf(source));
      expect(bytesOf(model.networks.ab)).toEqual(ab);
    });

    test('a trainer that has trained already', async () => {
      const trainer = tinyTrainer();
      const loader = tinyLoader();
      await reportsOf(trainer.fit(loader, { steps: 1 }));
      await expect(initialise(trainer, at('any'))).rejects.toEqual(
        usage('initialise expected a training at its start but this one is at step 1'),
      );
      loader.dispose();
      trainer.dispose();
    });
  });

  test('a state dict that Python wrote, of two networks and other dtypes, makes what PyTorch makes', async () => {
    const model = modelOf({
      generator: sequential(
        conv2d(2, 3, { kernelSize: 3, padding: 1 }),
        batchNorm2d(3),
        leakyRelu(0.2),
        conv2d(3, 1, { kernelSize: 3 }),
      ),
      discriminator: sequential(spectralNorm(linear(4, 3)), linear(3, 1)),
    });
    const file = join(__dirname, '..', 'fixtures', 'training', 'state_dict.safetensors');
    const report = await initialise(model, file);
    expect(report).toMatchObject({ source: file, step: null, unused: ['output', 'x'] });
    expect(report.networks).toEqual({
      generator: { tensors: 9, fitted: 9, parameters: 91, missing: [], otherShape: {}, parted: [] },
      discriminator: { tensors: 6, fitted: 6, parameters: 19, missing: [], otherShape: {}, parted: [] },
    });
    scope(() => {
      const fixture = readFixture('training/state_dict');
      const generator = model.networks.generator.to({ device: testDevice }).eval();
      const output = noGrad(() => generator.forward(fixture.tensor('x')));
      expectClose(output, fixture.tensor('output').to({ dtype: 'float32' }));
      for (const [name, tensor] of Object.entries(model.networks.discriminator.stateDict()))
        expectClose(tensor, fixture.tensor(`discriminator.${name}`).to({ dtype: 'float32' }), {
          relative: 0,
        });
    });
  });

  describe('a run', () => {
    const seeded = (seed: number, ema?: Parameters<typeof tinyTrainer>[1]) => {
      manualSeed(seed);
      return tinyTrainer(undefined, ema);
    };
    const averaged = { ema: { generator: { halfLifeImages: 50 } } };
    const checkpoint = (run: string, step: number) => at(run, 'checkpoints', `step-00000${step}`);
    const source = () => train(seeded(1, averaged), { steps: 4, out: at('a') });

    /** Trains from that run to a step, with a checkpoint after every step. */
    async function trainFrom(run: string, steps: number) {
      const trainer = seeded(7, averaged);
      const init = await initialise(trainer, at('a'));
      await train(trainer, { steps, out: at(run), checkpointEvery: 1, init });
      return init;
    }

    test('gives its weights byte for byte, to networks and averages, and neither optimizers nor counters', async () => {
      await source();
      const trainer = seeded(7, averaged);
      const report = await initialise(trainer, at('a'));
      expect(report).toMatchObject({ source: checkpoint('a', 4), step: 4, unused: [] });
      const files = checkpoint('a', 4);
      for (const [name, network] of Object.entries(trainer.networks)) {
        await saveState(`${name}.safetensors`, network);
        expect(filesOf(folder.path)[`${name}.safetensors`]).toBe(
          filesOf(files)[`networks/${name}.safetensors`],
        );
      }
      const { module, updates } = trainer.averages.generator;
      expect(bytesOf(module)).toEqual(bytesOf(trainer.networks.generator));
      expect([updates, trainer.step, trainer.images]).toEqual([0, 0, 0]);
      for (const { running } of trainer.phases)
        scope(() => {
          const moments = Object.entries(running.stateDict()).filter(([name]) => /exp_avg/.test(name));
          for (const [, moment] of moments) expect(moment.abs().sum().item()).toBe(0);
        });
      trainer.dispose();
    });

    test('that goes on refuses other weights', async () => {
      await source();
      const trainer = seeded(7, averaged);
      const init = await initialise(trainer, at('a'));
      const loader = tinyLoader();
      await expect(
        reportsOf(trainer.fit(loader, { steps: 6, out: at('a'), resume: true, init })),
      ).rejects.toEqual(usage('fit expected `init` of a new run but received it beside `resume`'));
      loader.dispose();
      trainer.dispose();
    });

    test('that starts from another is the same each time, and not the one that starts anew', async () => {
      await source();
      for (const run of ['b', 'c']) await trainFrom(run, 2);
      expect(filesOf(checkpoint('b', 2))).toEqual(filesOf(checkpoint('c', 2)));
      await train(seeded(7, averaged), { steps: 2, out: at('d'), checkpointEvery: 1 });
      const file = 'networks/generator.safetensors';
      expect(filesOf(checkpoint('d', 2))[file]).not.toBe(filesOf(checkpoint('b', 2))[file]);
    });

    test('keeps in config.json and checkpoints what it started from, and goes on when that is gone', async () => {
      await source();
      const init = await trainFrom('whole', 4);
      await trainFrom('parts', 2);
      rmSync(at('a'), { recursive: true });
      await train(seeded(9, averaged), { steps: 4, out: at('parts'), checkpointEvery: 1, resume: true });
      expect(filesOf(checkpoint('parts', 4))).toEqual(filesOf(checkpoint('whole', 4)));
      for (const file of [at('parts', 'config.json'), join(checkpoint('parts', 4), 'manifest.json')])
        expect(JSON.parse(readFileSync(file, 'utf8')).init).toEqual(init);
      expect(init.sha256).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  describe('what does not fit', () => {
    const network = (channels: number, more: readonly Module[] = []) =>
      modelOf({
        generator: sequential(
          conv2d(2, channels, { kernelSize: 3 }),
          batchNorm2d(channels),
          conv2d(channels, 2, { kernelSize: 3 }),
          ...more,
        ),
      });

    test('stays as it was, and is told by name with the reason', async () => {
      const from = network(4);
      const to = network(3, [conv2d(2, 2, { kernelSize: 1 })]);
      const before = bytesOf(to.networks.generator);
      const report = await initialise(to, await saveState('a.safetensors', from.networks.generator));
      const after = bytesOf(to.networks.generator);
      expect(after['2.bias']).toBe(bytesOf(from.networks.generator)['2.bias']);
      expect({ ...after, '2.bias': '' }).toEqual({ ...before, '2.bias': '' });
      expect(report.networks.generator).toEqual({
        tensors: 11,
        fitted: 1,
        parameters: 2,
        missing: ['3.weight', '3.bias'],
        otherShape: {
          '0.weight': { expected: [3, 2, 3, 3], found: [4, 2, 3, 3] },
          '0.bias': { expected: [3], found: [4] },
          '1.weight': { expected: [3], found: [4] },
          '1.bias': { expected: [3], found: [4] },
          '1.running_mean': { expected: [3], found: [4] },
          '1.running_var': { expected: [3], found: [4] },
          '2.weight': { expected: [2, 3, 3, 3], found: [2, 4, 3, 3] },
        },
        parted: ['1.num_batches_tracked'],
      });
      expect(fittedText(report)).toBe(`${at('a.safetensors')}: generator 1 of 11 tensors (2 parameters)`);
      expect(unfittedTexts(report)).toEqual([
        'generator starts anew with 0.weight [3, 2, 3, 3], which is [4, 2, 3, 3] in the source; 0.bias [3], which is [4] in the source; 1.weight [3], which is [4] in the source; and 7 more',
      ]);
    });

    test('is told of whole networks, and of what nothing takes', async () => {
      const model = encoderAndDecoder();
      const names = ['encoder.0.weight', 'encoder.9.bias', 'step'];
      const file = await save('some.safetensors', () =>
        Object.fromEntries(names.map((name) => [name, zeros([3, 4])])),
      );
      const report = await initialise(model, file);
      expect(fittedText(report)).toBe(
        `${file}: encoder 1 of 4 tensors (12 parameters); decoder 0 of 4 tensors (0 parameters)`,
      );
      expect(unfittedTexts(report)).toEqual([
        'encoder starts anew with 0.bias, which the source lacks; 1.weight, which the source lacks; 1.bias, which the source lacks',
        'decoder starts anew: the source has none of its 4 tensors',
        'not used of the source: encoder.9.bias, step',
      ]);
    });

    test('a file of one network is for the one that it is called after, else the one that most of it fits', async () => {
      const [from, to] = [encoderAndDecoder(), encoderAndDecoder()];
      for (const name of ['decoder', 'saved']) {
        const file = await saveState(`${name}.safetensors`, from.networks.decoder);
        expect(Object.keys((await initialise(to, file)).networks)).toEqual(['decoder']);
      }
      expect(bytesOf(to.networks.decoder)).toEqual(bytesOf(from.networks.decoder));
    });

    test('pools and other networks without parameters are no weights', async () => {
      const model = () => {
        const pool = replayPool({ images: { channels: 1, height: 2, width: 2 }, size: 2 });
        return modelOf({ ab: sequential(linear(2, 2)), pool });
      };
      const [from, to] = [model(), model()];
      scope(() => {
        from.networks.pool.forward(zeros([2, 1, 2, 2]).add(1));
      });
      const state = scope(() => {
        const prefixed = Object.entries(from.networks).flatMap(([name, network]) =>
          Object.entries(network.stateDict()).map(([key, tensor]) => [`${name}.${key}`, tensor] as const),
        );
        return tensorsToRecords(Object.fromEntries(prefixed));
      });
      await writeSafetensors(at('all.safetensors'), state);
      const before = bytesOf(to.networks.pool);
      const report = await initialise(to, at('all.safetensors'));
      expect(Object.keys(report.networks)).toEqual(['ab']);
      expect(bytesOf(to.networks.pool)).toEqual(before);
    });
  });

  test('a weight that comes without its singular vectors is divided by its largest singular value all the same', async () => {
    const model = modelOf({ critic: sequential(spectralNorm(linear(2, 2))) });
    const diagonal = [3, 0, 0, 1];
    const file = await save('critic.safetensors', () => ({
      '0.parametrizations.weight.original': tensor(diagonal).reshape([2, 2]),
    }));
    await initialise(model, file);
    scope(() => {
      const [layer] = model.networks.critic.eval().children();
      const output = layer.forward(tensor([[1, 0]])).sub(layer.forward(zeros([1, 2])));
      // diag(3, 1) has the norm 3: the first axis keeps its length.
      expect(output.select(1, 0).item()).toBeCloseTo(1, 5);
    });
  });
});
