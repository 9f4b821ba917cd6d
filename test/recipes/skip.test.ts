// A step whose losses are NaN, skipped: nothing of any recipe has moved, however its phases are run.
import type { Phase } from '../../src/training/phase';
import { captureState } from '../../src/training/training-state';
import { captures, LR, trainerOf } from '../support/recorded';
import { buildSmall, SMALL, type SmallRecipe, smallLoader } from '../support/small-recipes';
import { hashesOf } from '../support/state';

/** By then every group of phases is captured. */
const BAD = 10;
/** What schedules go by. */
const LENGTH = 15;

/** All losses of the step after that are NaN. */
function poisoned(phase: Phase): Phase {
  const factor = (step: number) => (step === BAD ? Number.NaN : 1);
  return { ...phase, loss: (step) => phase.loss(step).mul(step.scheduled(factor)) };
}

/** The state after each step, without what tells how far the training is; and how many updates each phase skipped. */
async function states(small: SmallRecipe, graphs: boolean | typeof captures, poison: boolean) {
  const model = buildSmall({ ...small, set: { ...small.set, ...rates(small) } }, LENGTH);
  const phases = poison ? model.phases.map((phase) => poisoned(phase as Phase)) : model.phases;
  const trainer = trainerOf({ ...model, phases }, graphs);
  const loader = smallLoader(small);
  const found: Record<string, string>[] = [];
  const skipped: unknown[] = [];
  const notes: string[] = [];
  const policy = { onDivergence: poison ? 'skip' : 'stop' } as const;
  for await (const report of trainer.fit(loader, { steps: BAD + 2, logEvery: 1, ...policy })) {
    found.push(hashesOf(captureState(trainer)));
    skipped.push(report.skipped);
    notes.push(...report.notes);
  }
  const { graphs: recorded } = trainer;
  loader.dispose();
  trainer.dispose();
  return { found, skipped, notes, recorded };
}

/** Rates with which each step moves much. */
function rates({ recipe }: SmallRecipe) {
  const { fields } = require('../../src/recipes').recipes[recipe];
  const names = ['lr', 'lrEnd', 'generatorLr', 'discriminatorLr', 'encoderLr'];
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, `${LR}`]),
  );
}

test.each(SMALL)(
  '$name stays as it was, also in a captured step, and else learns as without the policy',
  async (small) => {
    const plain = await states(small, false, false);
    const eager = await states(small, false, true);
    const captured = await states(small, captures, true);
    expect(eager.found.slice(0, BAD)).toEqual(plain.found.slice(0, BAD));
    expect(eager.found[BAD]).toEqual(eager.found[BAD - 1]);
    expect(eager.found[BAD + 1]).not.toEqual(eager.found[BAD]);
    expect(captured.found).toEqual(eager.found);
    expect(captured.recorded).toBeGreaterThan(0);
    const counts = Object.values(eager.skipped[BAD] as Record<string, number>);
    expect(counts.some((count) => count > 0)).toBe(true);
    expect(eager.skipped[BAD - 1]).toEqual(
      Object.fromEntries(Object.keys(eager.skipped[BAD] as object).map((name) => [name, 0])),
    );
    expect(captured.skipped).toEqual(eager.skipped);
    expect(eager.notes.length).toBe(counts.filter((count) => count > 0).length);
  },
);
