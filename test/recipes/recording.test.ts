// Every phase of every recipe is recorded as a CUDA graph is, and replays give the losses of a run without.
import { bothWays, LR } from '../support/recorded';
import { buildSmall, SMALL } from '../support/small-recipes';
import { tinyLoader } from '../support/training';

const STEPS = 16;

// Learning rates that float32 has exactly, on a straight line to 0 over a power of two, or level.
const EXACT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  modern: { lr: `${LR}`, lrEnd: `${LR}` },
};

test.each(SMALL)('$name is recorded whole, and replays like it runs', async (small) => {
  const set = { ...small.set, ...(EXACT[small.recipe] ?? { lr: `${LR}` }) };
  const { expected, found, recorded, notes } = await bothWays(
    () => buildSmall({ ...small, set }, STEPS),
    STEPS,
    () => tinyLoader({ resolution: small.resolution }),
  );
  expect(notes).toEqual([]);
  expect(recorded).toBeGreaterThan(0);
  expect(found).toEqual(expected);
});
