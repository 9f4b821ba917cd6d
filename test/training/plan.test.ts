import { planStep } from '../../src/training/plan';
import { usage } from '../support/failure';

const phase = (
  name: string,
  trains: string | string[],
  extra: {
    every?: number;
    during?: (index: number) => boolean;
    repeat?: number | ((index: number) => number);
  } = {},
) => ({
  name,
  trains,
  ...extra,
});

/** The runs of a step, those that share what is made between the same bars: `D0 G0 | …`; after a colon what is made with its graph. */
function plan(
  phases: ReturnType<typeof phase>[],
  { index = 0, makers = ['generator'] }: { index?: number; makers?: readonly string[] } = {},
): string {
  const groups = planStep(phases, { index, makers }).groups.map(({ entries, batches, trained }) => {
    const runs = entries.map(({ phase: { name }, place }) => `${name}${batches[place]}`);
    const graphs = makers.filter((maker) => trained.has(maker));
    return [...runs, ...(graphs.length > 0 ? [`: ${graphs.join(' ')}`] : [])].join(' ').replace(' :', ':');
  });
  return groups.join(' | ');
}

const runs = (phases: ReturnType<typeof phase>[], index: number) =>
  planStep(phases, { index, makers: ['generator'] }).groups.flatMap(({ entries }) => entries).length;

describe('a step’s plan', () => {
  test('D and G share one pass of the generator, made with its graph', () => {
    expect(plan([phase('D', 'discriminator'), phase('G', 'generator')])).toBe('D0 G0: generator');
  });

  test('a phase may repeat more often in some steps', () => {
    const critic = phase('D', 'discriminator', { repeat: (index) => (index < 2 ? 3 : 1) });
    expect(runs([critic, phase('G', 'generator')], 1)).toBe(4);
    expect(runs([critic, phase('G', 'generator')], 2)).toBe(2);
    expect(() => plan([phase('D', 'discriminator', { repeat: () => 0 })], { index: 5 })).toThrow(
      usage('phase D expected its repeat to be a positive integer but it gave 0 in step 5'),
    );
  });

  test('of five critic steps only the last shares its fakes with G; the others need no graph', () => {
    expect(plan([phase('D', 'discriminator', { repeat: 3 }), phase('G', 'generator')])).toBe(
      'D0 | D1 | D2 G0: generator',
    );
  });

  test('after the generator has moved, fakes are made anew', () => {
    expect(plan([phase('G', 'generator'), phase('D', 'discriminator')])).toBe('G0: generator | D0');
  });

  test('a phase of one stage of the training runs in that alone', () => {
    const phases = [
      phase('G', 'generator', { during: (index) => index < 2 }),
      phase('R', 'generator', { every: 2, during: (index) => index < 2 }),
      phase('E', 'encoder', { during: (index) => index >= 2 }),
    ];
    expect([0, 1, 2, 3].map((index) => plan(phases, { index }))).toEqual([
      'G0: generator | R0: generator',
      'G0: generator',
      'E0',
      'E0',
    ]);
    expect(planStep(phases.slice(0, 2), { index: 2, makers: [] })).toEqual({ groups: [], batches: 0 });
  });

  test('a lazy phase runs in every so many steps only', () => {
    const phases = [
      phase('D', 'discriminator'),
      phase('R', 'discriminator', { every: 4 }),
      phase('G', 'generator'),
    ];
    expect([0, 1, 2, 3, 4].map((index) => runs(phases, index))).toEqual([3, 2, 2, 2, 3]);
  });

  test('a phase may train several networks', () => {
    expect(plan([phase('all', ['encoder', 'generator'])])).toBe('all0: generator');
  });

  test('each repetition sees a batch of its own', () => {
    const phases = [phase('D', 'discriminator', { repeat: 5 }), phase('G', 'generator')];
    expect(planStep(phases, { index: 0, makers: ['generator'] }).batches).toBe(5);
    expect(planStep([], { index: 0, makers: ['generator'] })).toEqual({ groups: [], batches: 0 });
  });

  describe('of several networks that make something', () => {
    const makers = ['ab', 'ba'];

    test('made once for all where one phase trains them together, as in CycleGAN', () => {
      const phases = [phase('G', ['ab', 'ba']), phase('DA', 'judgeA'), phase('DB', 'judgeB')];
      expect(plan(phases, { makers })).toBe('G0: ab ba | DA0 DB0');
    });

    test('made anew after either has moved', () => {
      const phases = [phase('AB', 'ab'), phase('BA', 'ba'), phase('D', 'judge')];
      expect(plan(phases, { makers })).toBe('AB0: ab | BA0: ba | D0');
    });

    test('made with the graph of those alone that a phase of the group trains', () => {
      const phases = [phase('D', 'judge'), phase('AB', 'ab'), phase('D2', 'judge')];
      expect(plan(phases, { makers })).toBe('D0 AB0: ab | D20');
    });

    test('shared by all phases where none that makes something moves', () => {
      expect(plan([phase('D', 'judge'), phase('E', 'other')], { makers: [] })).toBe('D0 E0');
    });
  });

  test('phases that repeat side by side see the same batches in turn, and share nothing from the second run on', () => {
    const phases = [phase('D', 'a', { repeat: 2 }), phase('E', 'b', { repeat: 2 })];
    expect(plan(phases)).toBe('D0 | D1 E0 | E1');
  });

  test('groups of the same work have the same key, those of other work another', () => {
    const phases = [phase('D', 'discriminator', { repeat: 3 }), phase('G', 'generator')];
    const { groups } = planStep(phases, { index: 0, makers: ['generator'] });
    expect(groups[0].key).toBe(groups[1].key);
    expect(groups[2].key).not.toBe(groups[1].key);
    expect(groups.map(({ batches }) => batches)).toEqual([[0], [1], [2, 0]]);
  });
});
