import { batchesOf, planStep } from '../../src/training/plan';
import { usage } from '../support/failure';

const phase = (
  name: string,
  trains: string | string[],
  extra: { every?: number; repeat?: number | ((index: number) => number) } = {},
) => ({
  name,
  trains,
  ...extra,
});

function plan(phases: ReturnType<typeof phase>[], index = 0): string[] {
  return planStep(phases, { index, generator: 'generator' }).map(
    ({ phase: { name }, repetition, fresh, graph }) =>
      `${name}${repetition}${fresh ? ' fresh' : ''}${graph ? ' graph' : ''}`,
  );
}

describe('a step’s plan', () => {
  test('D and G share one pass of the generator, made with its graph', () => {
    expect(plan([phase('D', 'discriminator'), phase('G', 'generator')])).toEqual([
      'D0 fresh graph',
      'G0 graph',
    ]);
  });

  test('a phase may repeat more often in some steps', () => {
    const critic = phase('D', 'discriminator', { repeat: (index) => (index < 2 ? 3 : 1) });
    expect(plan([critic, phase('G', 'generator')], 1)).toHaveLength(4);
    expect(plan([critic, phase('G', 'generator')], 2)).toHaveLength(2);
    expect(() => plan([phase('D', 'discriminator', { repeat: () => 0 })], 5)).toThrow(
      usage("a phase's repeat expected a positive integer but gave 0 in step 5"),
    );
  });

  test('of five critic steps only the last shares its fakes with G; the others need no graph', () => {
    expect(plan([phase('D', 'discriminator', { repeat: 3 }), phase('G', 'generator')])).toEqual([
      'D0 fresh',
      'D1 fresh',
      'D2 fresh graph',
      'G0 graph',
    ]);
  });

  test('after the generator has moved, fakes are made anew', () => {
    expect(plan([phase('G', 'generator'), phase('D', 'discriminator')])).toEqual([
      'G0 fresh graph',
      'D0 fresh',
    ]);
  });

  test('a lazy phase runs in every so many steps only', () => {
    const phases = [
      phase('D', 'discriminator'),
      phase('R', 'discriminator', { every: 4 }),
      phase('G', 'generator'),
    ];
    expect([0, 1, 2, 3, 4].map((index) => plan(phases, index).length)).toEqual([3, 2, 2, 2, 3]);
  });

  test('a phase may train several networks', () => {
    expect(plan([phase('all', ['encoder', 'generator'])])).toEqual(['all0 fresh graph']);
  });

  test('each repetition sees a batch of its own', () => {
    const phases = [phase('D', 'discriminator', { repeat: 5 }), phase('G', 'generator')];
    expect(batchesOf(planStep(phases, { index: 0, generator: 'generator' }))).toBe(5);
    expect(batchesOf([])).toBe(0);
  });
});
