// A training of 8 steps against one of 4 that goes on to 8: equal bit for bit, unless a schedule ends with the training. Then the first part has other
// rates, and only a training that was to have 8 steps from the start is the same in two parts.
import { join } from 'node:path';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildSmall, SMALL, type SmallRecipe, smallLoader } from '../support/small-recipes';
import { filesOf, reportsOf, temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const [HALF, WHOLE] = [4, 8];

/** Trains to `steps` with the schedules of a training of `planned` steps; the files of the networks then. */
async function train(
  small: SmallRecipe,
  out: string,
  { planned, steps, resume }: { planned: number; steps: number; resume?: boolean },
): Promise<Record<string, string>> {
  const trainer = new Trainer({
    ...buildSmall(small, planned),
    device: testDevice,
    precision: 'fp32',
    deterministic: true,
    seed: 5,
  });
  const loader = smallLoader(small, { count: 40 });
  const path = join(folder.path, out);
  try {
    await reportsOf(trainer.fit(loader, { steps, out: path, resume, checkpointEvery: HALF, page: false }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
  return filesOf(join(path, 'checkpoints', `step-00000${steps}`, 'networks'));
}

const find = (recipe: string): SmallRecipe => {
  const small = SMALL.find((one) => one.recipe === recipe);
  if (!small) throw new Error(`no small ${recipe}`);
  return small;
};

test.each(['sngan', 'wgan-gp', 'modern'])(
  '%s has a schedule that ends with the training: 4 and 4 steps are 8 only where 8 were planned',
  async (recipe) => {
    const small = find(recipe);
    const whole = await train(small, 'whole', { planned: WHOLE, steps: WHOLE });
    const half = filesOf(join(folder.path, 'whole', 'checkpoints', 'step-000004', 'networks'));
    const planned = await train(small, 'planned', { planned: WHOLE, steps: HALF });
    expect(planned).toEqual(half);
    expect(await train(small, 'planned', { planned: WHOLE, steps: WHOLE, resume: true })).toEqual(whole);
    const stretched = await train(small, 'stretched', { planned: HALF, steps: HALF });
    expect(stretched).not.toEqual(half);
    expect(await train(small, 'stretched', { planned: WHOLE, steps: WHOLE, resume: true })).not.toEqual(
      whole,
    );
  },
);

test.each(['dcgan', 'mlp', 'hinge', 'cgan'])(
  '%s has none: 4 and 4 steps are 8, whatever was planned',
  async (recipe) => {
    const small = find(recipe);
    const whole = await train(small, 'whole', { planned: WHOLE, steps: WHOLE });
    await train(small, 'parts', { planned: HALF, steps: HALF });
    expect(await train(small, 'parts', { planned: WHOLE, steps: WHOLE, resume: true })).toEqual(whole);
  },
);
