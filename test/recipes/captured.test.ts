// Every phase of every recipe is captured as a CUDA graph is, by a capture that stands in for it where there is no GPU, and replays do to
// every network and optimizer what a run without does. A step whose losses are NaN is skipped there as well: nothing of a recipe has moved.
import { recipes } from '../../src/recipes';
import type { Phase } from '../../src/training/phase';
import { captureState } from '../../src/training/training-state';
import { captures, LR, trainerOf } from '../support/recorded';
import { buildSmall, SMALL, type SmallRecipe, smallLoader } from '../support/small-recipes';
import { hashesOf } from '../support/state';

/** By then every group of phases is captured. */
const BAD = 10;
/** What schedules go by. */
const LENGTH = 15;
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

/** Where a default would leave what is captured last until after that. */
const EARLIER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'f-anogan': { encoderShare: '0.6' },
};

/** All losses of the step after that are NaN. */
function poisoned(phase: Phase): Phase {
  const factor = (step: number) => (step === BAD ? Number.NaN : 1);
  return { ...phase, loss: (step) => phase.loss(step).mul(step.scheduled(factor)) };
}

/** The losses and the state after each step, without what tells how far the training is; and how many updates each phase skipped. */
async function states(small: SmallRecipe, graphs: boolean | typeof captures, poison: boolean) {
  const names = RATES.filter((name) => Object.hasOwn(recipes[small.recipe].fields, name));
  const rates = Object.fromEntries(names.map((name) => [name, `${LR}`]));
  const model = buildSmall({ ...small, set: { ...small.set, ...EARLIER[small.recipe], ...rates } }, LENGTH);
  const phases = poison ? model.phases.map((phase) => poisoned(phase as Phase)) : model.phases;
  const trainer = trainerOf({ ...model, phases }, graphs);
  const loader = smallLoader(small);
  const found: Record<string, string>[] = [];
  const losses: unknown[] = [];
  const skipped: unknown[] = [];
  const notes: string[] = [];
  const policy = { onDivergence: poison ? 'skip' : 'stop' } as const;
  for await (const report of trainer.fit(loader, { steps: BAD + 2, logEvery: 1, ...policy })) {
    found.push(hashesOf(captureState(trainer)));
    losses.push(report.losses);
    skipped.push(report.skipped);
    notes.push(...report.notes);
  }
  const { graphs: recorded } = trainer;
  loader.dispose();
  trainer.dispose();
  return { found, losses, skipped, notes, recorded };
}

test.each(SMALL)(
  '$name is captured whole and replays like it runs; a step that is skipped leaves it as it was, captured or not',
  async (small) => {
    const captured = await states(small, captures, false);
    expect(captured.notes).toEqual([]);
    expect(captured.recorded).toBe(GRAPHS[small.name] ?? GRAPHS[small.recipe] ?? 1);
    const eager = await states(small, false, true);
    expect(captured.losses.slice(0, BAD)).toEqual(eager.losses.slice(0, BAD));
    expect(captured.found.slice(0, BAD)).toEqual(eager.found.slice(0, BAD));
    expect(eager.found[BAD]).toEqual(eager.found[BAD - 1]);
    expect(eager.found[BAD + 1]).not.toEqual(eager.found[BAD]);
    const skipping = await states(small, captures, true);
    expect(skipping.found).toEqual(eager.found);
    expect(skipping.recorded).toBeGreaterThan(0);
    const counts = Object.values(eager.skipped[BAD] as Record<string, number>);
    expect(counts.some((count) => count > 0)).toBe(true);
    expect(eager.skipped[BAD - 1]).toEqual(
      Object.fromEntries(Object.keys(eager.skipped[BAD] as object).map((name) => [name, 0])),
    );
    expect(skipping.skipped).toEqual(eager.skipped);
    expect(eager.notes.length).toBe(counts.filter((count) => count > 0).length);
  },
);
