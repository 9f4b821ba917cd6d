import { join } from 'node:path';
import { recipes } from '../../src/recipes';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildSmall, SMALL, type SmallRecipe, smallLoader } from '../support/small-recipes';
import { filesOf, reportsOf, temporaryFolder } from '../support/training';

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
  // 40 images in batches of 8: the 6th step begins a new epoch, so a resumed run crosses it.
  const loader = smallLoader(small, { count: 40 });
  try {
    return await reportsOf(
      trainer.fit(loader, {
        steps,
        out: join(folder.path, out),
        resume,
        sampleEvery: 3,
        sampleCount: 4,
        checkpointEvery: STEPS,
        page: false,
      }),
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
  const files = (...path: string[]) =>
    ['whole', 'parts'].map((run) => filesOf(join(folder.path, run, ...path)));
  const [whole, parts] = files('checkpoints', 'step-000008');
  expect(Object.keys(whole)).toContain('state.safetensors');
  expect(Object.keys(whole).filter((name) => name.startsWith('optimizers/'))).not.toEqual([]);
  expect(parts).toEqual(whole);
  // Also the grids of real images: they are of the same images after a resumption.
  const [drawn, drawnInParts] = files('samples');
  expect(drawnInParts).toMatchObject(drawn);
});

test('every recipe is in the table', () => {
  expect(new Set(SMALL.map(({ recipe }) => recipe))).toEqual(new Set(Object.keys(recipes)));
});
