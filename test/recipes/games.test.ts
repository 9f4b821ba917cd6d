// Who plays against whom, and whether a training logs what tells how a game stands.
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildSmall, SMALL, smallLoader } from '../support/small-recipes';
import { reportsOf } from '../support/training';

/** Whose discriminator is to be far ahead, or decides little. */
const UNSCORED = ['wgan', 'wgan-gp', 'progressive', 'f-anogan', 'ganomaly', 'inpaint', 'super-resolution'];
const ALONE = ['vae', 'beta-vae', 'denoise', 'cut-paste'];

const ONE_OF_EACH = SMALL.filter(
  ({ recipe }, i) => SMALL.findIndex((other) => other.recipe === recipe) === i,
);

test.each(ONE_OF_EACH)('$recipe', async (small) => {
  const { recipe, set } = small;
  const model = buildSmall(small, 4);
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32' });
  const loader = smallLoader(small);
  try {
    const games = trainer.games;
    const isAlone = ALONE.includes(recipe) || (recipe === 'super-resolution' && set.stage !== 'adversarial');
    expect(games).toHaveLength(isAlone ? 0 : recipe === 'cyclegan' ? 2 : 1);
    const scores = games.flatMap(({ score }) => (score ? [score] : []));
    expect(scores).toHaveLength(UNSCORED.includes(recipe) ? 0 : games.length);
    if (scores.length === 0) return;
    const [{ losses, statistics }] = await reportsOf(trainer.fit(loader, { steps: 1 }));
    for (const { discriminator, generator, ends, probabilities } of scores) {
      const names = [discriminator, generator, ...Object.values(probabilities ?? {})];
      expect(Object.keys({ ...losses, ...statistics })).toEqual(expect.arrayContaining(names));
      expect(ends.guessing).toBeGreaterThan(ends.knowing);
      for (const name of Object.values(probabilities ?? {})) {
        expect(statistics[name]).toBeGreaterThan(0);
        expect(statistics[name]).toBeLessThan(1);
      }
    }
  } finally {
    loader.dispose();
    trainer.dispose();
  }
});
