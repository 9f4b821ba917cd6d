// Every phase of every recipe is captured as a CUDA graph is, by a capture that stands in for it where there is no GPU, and replays give
// the losses of a run without.
import { recipes } from '../../src/recipes';
import { bothWays, LR } from '../support/recorded';
import { buildSmall, SMALL, smallLoader } from '../support/small-recipes';

const STEPS = 16;

/** Rates that all recipes are given: networks that hardly move in so few steps would show nothing. */
const RATES = ['lr', 'lrEnd', 'generatorLr', 'discriminatorLr', 'encoderLr'];

/** A critic's first runs of a step have fakes of their own: they are captured apart from the rest. So is what follows in a second stage,
 * and lazy penalties, which come in some steps only. */
const GRAPHS: Readonly<Record<string, number>> = {
  wgan: 2,
  'wgan-gp': 2,
  sngan: 2,
  projection: 2,
  stylegan2: 2,
  'biggan with attention, several steps of D and an average that begins later': 2,
  'biggan as for CIFAR-10': 2,
  'f-anogan': 3,
};

test.each(SMALL)('$name is captured whole, and replays like it runs', async (small) => {
  const rates = RATES.filter((key) => Object.hasOwn(recipes[small.recipe].fields, key));
  const set = { ...small.set, ...Object.fromEntries(rates.map((key) => [key, `${LR}`])) };
  const { expected, found, recorded, notes } = await bothWays(
    () => buildSmall({ ...small, set }, STEPS),
    STEPS,
    () => smallLoader(small),
  );
  expect(notes).toEqual([]);
  expect(recorded).toBe(GRAPHS[small.name] ?? GRAPHS[small.recipe] ?? 1);
  expect(found).toEqual(expected);
});
