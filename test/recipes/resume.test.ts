import { join } from 'node:path';
import { recipes } from '../../src/recipes';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildSmall, SMALL, type SmallRecipe } from '../support/small-recipes';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const STEPS = 8;

async function train(
  small: SmallRecipe,
  out: string,
  { steps, resume }: { steps: number; resume?: boolean },
) {
  const trainer = new Trainer({
    ...buildSmall(small, STEPS),
    device: testDevice,
    precision: 'fp32',
    deterministic: true,
    seed: 5,
  });
  const loader = tinyLoader({ resolution: small.resolution, count: 40 });
  try {
    return await reportsOf(
      trainer.fit(loader, { steps, out: join(folder.path, out), resume, sampleEvery: 3, checkpointEvery: 4 }),
    );
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test.each(SMALL)('$name goes on bit for bit from any step, schedules and draws too', async (small) => {
  await train(small, 'whole', { steps: STEPS });
  await train(small, 'parts', { steps: 3 });
  await train(small, 'parts', { steps: STEPS, resume: true });
  const [whole, parts] = ['whole', 'parts'].map((run) =>
    filesOf(join(folder.path, run, 'checkpoints', 'step-000008')),
  );
  expect(Object.keys(whole)).toEqual(
    expect.arrayContaining(['optimizer-D.safetensors', 'state.safetensors']),
  );
  expect(parts).toEqual(whole);
});

test('every adversarial recipe is in the table', () => {
  const known = new Set(SMALL.map(({ recipe }) => recipe));
  for (const name of ['lsgan', 'hinge', 'relativistic', 'wgan', 'wgan-gp', 'dragan', 'sngan', 'modern'])
    expect([name, known.has(name), Object.hasOwn(recipes, name)]).toEqual([name, true, true]);
});
