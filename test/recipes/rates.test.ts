// Two time scales, and historical averaging, where recipes take them.
import { join } from 'node:path';
import { recipes } from '../../src/recipes';
import { Trainer } from '../../src/training/trainer';
import { ADVERSARIAL } from '../support/adversarial-recipes';
import { testDevice } from '../support/fixtures';
import { bothWays, LR } from '../support/recorded';
import { buildSmall, type SmallRecipe } from '../support/small-recipes';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const taking = (field: string) => ADVERSARIAL.filter(({ recipe }) => field in recipes[recipe].fields);
const withSet = (small: SmallRecipe, set: Record<string, string>): SmallRecipe => ({
  ...small,
  set: { ...small.set, ...set },
});

/** Lazy penalties lower the rates of their networks. */
const WITHOUT_PENALTIES: Readonly<Record<string, Record<string, string>>> = {
  stylegan2: { gamma: '0', pathWeight: '0' },
};

/** The learning rates of D and G at the first step. */
function ratesOf(small: SmallRecipe): number[] {
  const { networks, phases } = buildSmall(small, 16);
  const rates = phases.map(({ optimizer, trains }) => {
    const made = optimizer(networks[trains as string].parameters());
    const [lr] = made.lr;
    made.dispose();
    return lr;
  });
  for (const network of Object.values(networks)) network.dispose();
  return rates;
}

test('every adversarial recipe takes a learning rate for D', () => {
  expect(taking('discriminatorLr').map(({ name }) => name)).toEqual(ADVERSARIAL.map(({ name }) => name));
});

test.each(taking('lr'))('$name gives D a rate of its own, or that of both', (small) => {
  const one = withSet(small, { lr: '0.25', ...WITHOUT_PENALTIES[small.recipe] });
  const own = recipes[small.recipe].fields.discriminatorLr.default as number;
  expect(ratesOf(one)).toEqual([own > 0 ? own : 0.25, 0.25]);
  expect(ratesOf(withSet(one, { discriminatorLr: '0' }))).toEqual([0.25, 0.25]);
  expect(ratesOf(withSet(one, { discriminatorLr: '0.5' }))).toEqual([0.5, 0.25]);
});

async function train(small: SmallRecipe, steps: number, name?: string, resume = false) {
  const trainer = new Trainer({ ...buildSmall(small, 8), device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader({ resolution: small.resolution, count: 40 });
  const out = name === undefined ? undefined : join(folder.path, name);
  const options = { steps, out, resume, logEvery: 1, checkpointEvery: 8, page: false as const };
  const reports = await reportsOf(trainer.fit(loader, options));
  loader.dispose();
  trainer.dispose();
  return reports.map(({ losses }) => losses);
}

const AVERAGED = taking('historical');

test('the recipes of the shared phases take historical averaging', () => {
  expect(AVERAGED.map(({ name }) => name)).toEqual(
    'dcgan mlp conv-dropout lsgan hinge relativistic wgan wgan-gp dragan sngan stylegan2 progressive cgan projection biggan'.split(
      ' ',
    ),
  );
});

test.each(AVERAGED)('$name with historical averaging is recorded whole', async (small) => {
  const set = { lr: `${LR}`, historical: '0.5', emaImages: '0' };
  const loader = () => tinyLoader({ resolution: small.resolution });
  const build = () => buildSmall(withSet(small, set), 8);
  const { expected, found, notes } = await bothWays(build, 8, loader);
  expect(notes).toEqual([]);
  expect(found).toEqual(expected);
});

test('historical averaging costs nothing at first, then what the weights went; its means are saved', async () => {
  const [small] = AVERAGED;
  const averaged = withSet(small, { historical: '0.5', lr: '0.01' });
  const [without, withIt] = [await train(withSet(small, { lr: '0.01' }), 2), await train(averaged, 2)];
  expect(withIt[0]).toEqual(without[0]);
  // The same weights still: the first step's penalty has no slope.
  for (const name of ['D', 'G']) expect(withIt[1][name]).toBeGreaterThan(without[1][name]);
  await train(averaged, 6, 'whole');
  await train(averaged, 3, 'parts');
  await train(averaged, 6, 'parts', true);
  const [whole, parts] = ['whole', 'parts'].map((run) =>
    filesOf(join(folder.path, run, 'checkpoints', 'step-000006')),
  );
  expect(Object.keys(whole)).toEqual(
    expect.arrayContaining([
      'networks/discriminatorHistory.safetensors',
      'networks/generatorHistory.safetensors',
    ]),
  );
  expect(parts).toEqual(whole);
});
