// Every recipe whose D sees augmented images: trains, goes on bit for bit with ADA's p, and is recorded.
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { Ada } from '../../src/data/augment/ada';
import {
  type AdversarialLoss,
  hinge,
  leastSquares,
  nonSaturating,
  wasserstein,
} from '../../src/losses/adversarial';
import { relativistic, relativisticAverage } from '../../src/losses/relativistic';
import { load, recipes } from '../../src/recipes';
import { augmentation } from '../../src/recipes/augmentation';
import { tensor } from '../../src/tensor/create';
import { isCpu } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import type { FitOptions } from '../../src/training/fit-options';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { FakeHost } from '../cli/fakes';
import { writeTinyMnist } from '../cli/tiny-data';
import { ADVERSARIAL } from '../support/adversarial-recipes';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { bothWays, LR } from '../support/recorded';
import { buildSmall, type SmallRecipe } from '../support/small-recipes';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const STEPS = 6;

const named = (...names: string[]) => ADVERSARIAL.filter(({ recipe }) => names.includes(recipe));

/** The model, whose ADA already changes about half of the images. */
function build(small: SmallRecipe, augment: string, steps = STEPS): Model {
  const model = buildSmall({ ...small, set: { ...small.set, augment } }, steps);
  const { ada } = model.networks;
  if (ada instanceof Ada) ada.p.fill_(0.5);
  return model;
}

async function train(
  model: Model,
  { resolution }: SmallRecipe,
  { steps, ...options }: Pick<FitOptions, 'steps' | 'out' | 'resume' | 'settings'>,
): Promise<Trainer> {
  const deterministic = !isCpu(testDevice);
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5, deterministic });
  const loader = tinyLoader({ resolution, count: 40 });
  try {
    await reportsOf(trainer.fit(loader, { ...options, steps, checkpointEvery: 4, page: false }));
    return trainer;
  } finally {
    loader.dispose();
  }
}

test('augment is none, diffaugment or ada', () => {
  expect(() => buildModel(recipes.dcgan, { set: { augment: 'cutmix' } })).toThrow(
    usage('--set augment expects none, diffaugment or ada, but got "cutmix"'),
  );
});

test('every recipe that takes augment is in the table', () => {
  const taking = Object.values(recipes).filter(({ fields }) => 'augment' in fields);
  expect(taking.map(({ name }) => name).sort()).toEqual(ADVERSARIAL.map(({ recipe }) => recipe).sort());
});

const RESUMED = named('dcgan', 'conv-dropout', 'wgan-gp', 'modern', 'acgan', 'projection');

test.each(RESUMED)('$name with ADA goes on bit for bit, p too', async (small) => {
  const out = (name: string) => join(folder.path, name);
  (await train(build(small, 'ada'), small, { steps: STEPS, out: out('whole') })).dispose();
  (await train(build(small, 'ada'), small, { steps: 3, out: out('parts') })).dispose();
  const resumed = { steps: STEPS, out: out('parts'), resume: true };
  (await train(build(small, 'ada'), small, resumed)).dispose();
  const [whole, parts] = ['whole', 'parts'].map((run) =>
    filesOf(join(out(run), 'checkpoints', 'step-000006')),
  );
  expect(Object.keys(whole)).toContain('networks/ada.safetensors');
  expect(parts).toEqual(whole);
});

test.each(ADVERSARIAL.flatMap((small) => ['diffaugment', 'ada'].map((augment) => ({ ...small, augment }))))(
  '$name learns through $augment, and is recorded whole',
  async ({ augment, ...small }) => {
    const rates = Object.keys(recipes[small.recipe].fields).filter((key) => /^(.*L|l)r(End)?$/.test(key));
    const set = { ...small.set, ...Object.fromEntries(rates.map((key) => [key, `${LR}`])) };
    const exact = { ...small, set };
    // A training of a power of two, so that float32 has its learning rates exactly.
    const { expected, found, recorded, notes } = await bothWays(
      () => ({ ...build(exact, augment, 8), ema: {} }),
      8,
      () => tinyLoader({ resolution: small.resolution }),
    );
    expect(notes).toEqual([]);
    expect(recorded).toBeGreaterThan(0);
    expect(found).toEqual(expected);
  },
);

test.each(['diffaugment', 'ada'])('gradients reach G through %s', async (augment) => {
  for (const small of named('dcgan', 'modern', 'acgan')) {
    const trainer = await train(build(small, augment), small, { steps: 1 });
    const before = trainer.networks.generator.parameters().map((value) => scope(() => value.sum().item()));
    const loader = tinyLoader({ resolution: small.resolution });
    await reportsOf(trainer.fit(loader, { steps: 2 }));
    const after = trainer.networks.generator.parameters().map((value) => scope(() => value.sum().item()));
    expect(after.every((value, i) => value !== before[i])).toBe(true);
    loader.dispose();
    trainer.dispose();
  }
});

test('p follows the signs of logits on real images, and of differences where a loss knows nothing else', () => {
  const signsOf = (loss: AdversarialLoss, each?: number) => {
    const { networks, observe } = augmentation('ada', loss);
    const { ada } = networks;
    if (!(ada instanceof Ada)) throw new Error('no ADA');
    try {
      return scope(() => {
        const onReal = each === undefined ? [-1, -2, 3, -4] : [each, each, each, each];
        observe(tensor(onReal), tensor([-5, -6, 4, -7]));
        return ada.signs.item();
      });
    } finally {
      ada.dispose();
    }
  };
  expect([hinge(), nonSaturating()].map((loss) => signsOf(loss))).toEqual([-2, -2]);
  // Whoever cannot tell gives half of the target.
  expect([leastSquares(), leastSquares({ labelSmoothing: 0.4 })].map((loss) => signsOf(loss, 0.4))).toEqual([
    -4, 4,
  ]);
  expect([relativistic(), relativisticAverage(), wasserstein()].map((loss) => signsOf(loss))).toEqual([
    2, 2, 2,
  ]);
});

test('train dcgan --set augment=ada trains from the command line, and writes p down', async () => {
  writeTinyMnist(folder.path);
  const out = join(folder.path, 'run');
  const data = `--dataset mnist --data-dir ${folder.path} --resolution 16 --batch 8 --device cpu --precision fp32`;
  const sets = ['width=4', 'latentSize=8', 'augment=ada'].flatMap((value) => ['--set', value]);
  const host = new FakeHost();
  const argv = ['dcgan', ...data.split(' '), ...sets, '--steps', '2', '--out', out];
  expect([await main(argv, host), host.stderr.text]).toEqual([0, expect.any(String)]);
  expect(Object.keys(filesOf(join(out, 'checkpoints', 'step-000002')))).toContain('networks/ada.safetensors');
});

test('a checkpoint of a version without augment is sampled from as one with none', async () => {
  const [small] = named('dcgan');
  const out = join(folder.path, 'run');
  const set = { width: 4, latentSize: 8 };
  const options = { steps: 1, out, settings: { recipe: 'dcgan', set } };
  (await train(build(small, 'none'), small, options)).dispose();
  (await load(out, { device: testDevice })).dispose();
});
