import type { Game, GameProblem } from '../../src/training/game';
import { type Finding, GameHealth, LIMITS } from '../../src/training/game-health';

const NUMBERS = { faults: {}, rows: {} };
const LOGISTIC = { guessing: 2 * Math.LN2, knowing: 0 };
const EVERY = 10;

const game = (score: Partial<Game['score']> = {}): Game => ({
  generator: 'G',
  discriminator: 'D',
  score: { discriminator: 'D', generator: 'G', ends: LOGISTIC, ...score },
});

/** What is found at each step that logs. */
function followed(
  health: GameHealth,
  {
    from = EVERY,
    to,
    d,
    g = () => 5,
    statistics = {},
  }: {
    readonly from?: number;
    readonly to: number;
    readonly d: (step: number) => number;
    readonly g?: (step: number) => number;
    readonly statistics?: Readonly<Record<string, number>>;
  },
): [number, GameProblem, boolean][] {
  const found: [number, GameProblem, boolean][] = [];
  for (let step = from; step <= to; step += EVERY) {
    const finding = health.numbers(step, { losses: { D: d(step), G: g(step) }, statistics, ...NUMBERS });
    if (finding) found.push([step, finding.problem, finding.isThere]);
  }
  return found;
}

describe('the discriminator wins', () => {
  const first = LIMITS.silentSteps + EVERY + LIMITS.window.steps;

  test('where it is sure through a whole window, after the first steps, and it is found once', () => {
    expect(followed(new GameHealth(game()), { to: 3_000, d: () => 0.001 })).toEqual([
      [first, 'discriminator-wins', true],
    ]);
  });

  test('not while it is unsure, nor in a training that ends before', () => {
    expect(followed(new GameHealth(game()), { to: 3_000, d: () => 0.4 })).toEqual([]);
    expect(followed(new GameHealth(game()), { to: first - EVERY, d: () => 0.001 })).toEqual([]);
  });

  test('not where it is unsure now and then', () => {
    expect(
      followed(new GameHealth(game()), { to: 3_000, d: (step) => (step % 50 === 0 ? 0.5 : 0.001) }),
    ).toEqual([]);
  });

  test('not while the loss of the generator comes back', () => {
    const coming = { to: 3_000, d: () => 0.001, g: (step: number) => 10 * 0.5 ** (step / 500) };
    expect(followed(new GameHealth(game()), coming)).toEqual([]);
  });

  test('once more after it was over', () => {
    const d = (step: number) => (step > 1_000 && step <= 2_000 ? 1 : 0.001);
    const found = followed(new GameHealth(game()), { to: 4_000, d });
    expect(found.map(([, , isThere]) => isThere)).toEqual([true, false, true]);
    expect(found[1][0]).toBeGreaterThan(1_000);
    expect(found[2][0]).toBeGreaterThan(2_000);
  });

  test('not again where it was found before a resume, and its end is', () => {
    const d = (step: number) => (step > 1_000 ? 1 : 0.001);
    const found = followed(new GameHealth(game(), ['discriminator-wins']), { to: 3_000, d });
    expect(found.map(([, , isThere]) => isThere)).toEqual([false]);
  });

  test.each([
    ['least squares', { guessing: 0.25, knowing: 0 }, 0.002, 0.1],
    ['hinge', { guessing: 2, knowing: 0 }, 0.02, 0.5],
    ['relativistic pairs', { guessing: Math.LN2, knowing: 0 }, 0.005, 0.2],
    ['smoothed targets, whose loss never is 0', { guessing: 1.376, knowing: 0.325 }, 0.33, 0.6],
  ])('by the ends of its own loss: %s', (_, ends, won, open) => {
    expect(followed(new GameHealth(game({ ends })), { to: 1_000, d: () => won })).toHaveLength(1);
    expect(followed(new GameHealth(game({ ends })), { to: 1_000, d: () => open })).toEqual([]);
  });

  test('by probabilities where a penalty hides it in the loss', () => {
    const probabilities = { real: 'D(real)', fake: 'D(fake)' };
    const statistics = { 'D(real)': 0.995, 'D(fake)': 0.004 };
    const hidden = { to: 1_000, d: () => 0.9, statistics };
    expect(followed(new GameHealth(game({ probabilities })), hidden)).toHaveLength(1);
    expect(followed(new GameHealth(game()), hidden)).toEqual([]);
  });

  test('has no meaning for a critic, nor where numbers are not finite', () => {
    const critic: Game = { generator: 'G', discriminator: 'D' };
    expect(followed(new GameHealth(critic), { to: 1_000, d: () => -50 })).toEqual([]);
    expect(followed(new GameHealth(game()), { to: 1_000, d: () => Number.NaN })).toEqual([]);
  });
});

describe('the generator collapses', () => {
  const see = (values: readonly number[], start = LIMITS.collapsed.silentSteps + 100) => {
    const health = new GameHealth(game());
    return values.map((value, i) => health.diversity(start + 100 * i, value)?.isThere ?? null);
  };

  test('where some grids one after the other show the same, once until they differ', () => {
    expect(see([0, 0.01, 0, 0])).toEqual([null, null, true, null]);
    expect(see([0.01, 0.01, 0.5, 0.01, 0.01, 0.9])).toEqual([null, null, null, null, null, null]);
    expect(see([0, 0, 0, 0.03, 0.4, 0, 0, 0])).toEqual([null, null, true, null, false, null, null, true]);
  });

  test('where it falls from what it was', () => {
    expect(see([0.9, 0.3, 0.3, 0.3, 0.5, 0.6])).toEqual([null, null, null, true, null, false]);
    expect(see([0.9, 0.4, 0.4, 0.4])).toEqual([null, null, null, null]);
  });

  test('not where it is small and grows, as at the start of many a training', () => {
    expect(see([0.04, 0.05, 0.05, 0.07, 0.1, 0.14, 0.2])).toEqual(Array.from({ length: 7 }, () => null));
  });

  test('not in the first steps, nor where a grid has no measure', () => {
    expect(see([0.1, 0.1, 0.1, 0.1], 0)).toEqual([null, null, null, null]);
    expect(see([Number.NaN, Number.NaN, Number.NaN])).toEqual([null, null, null]);
  });
});

describe('one network is faster', () => {
  const see = (movements: readonly (readonly [number, number])[], start = 300) => {
    const health = new GameHealth(game());
    return movements.flatMap(([generator, discriminator], i): readonly Finding[] =>
      health.movements(start + 50 * i, { generator, discriminator }),
    );
  };
  const times = (count: number, pair: readonly [number, number]) => Array.from({ length: count }, () => pair);

  test('where it is for long, and which, also where it hardly moves now and then', () => {
    const mixed = [...times(4, [1, 0.001]), ...times(2, [1, 1])] as const;
    expect(see(mixed)).toMatchObject([
      {
        problem: 'generator-faster',
        seen: 'for 300 steps the weights of the generator have moved 1000 times as fast as those of the discriminator, relative to their size',
      },
    ]);
    expect(see(times(20, [1, 0.001]))).toMatchObject([{ problem: 'generator-faster', isThere: true }]);
    expect(see(times(20, [0.001, 1]))).toMatchObject([{ problem: 'discriminator-faster', isThere: true }]);
    expect(see([...times(20, [1, 0.001]), ...times(6, [1, 1])])).toMatchObject([
      { isThere: true },
      { isThere: false },
    ]);
  });

  test('not where it is a few times as fast, for short, or where one of them rests', () => {
    expect(see(times(20, [10, 1]))).toEqual([]);
    expect(see([...times(LIMITS.apart.looks / 2, [1, 0.001]), ...times(20, [1, 1])])).toEqual([]);
    expect(see(times(LIMITS.apart.looks - 1, [1, 0.001]))).toEqual([]);
    expect(see(times(20, [0, 0.1]))).toEqual([]);
    expect(see(times(20, [0.1, 0]))).toEqual([]);
    expect(see(times(20, [Number.NaN, 0.1]))).toEqual([]);
  });
});

test('what is found says of which game of several, and what was seen', () => {
  const health = new GameHealth({ ...game(), name: 'a' });
  const seen: string[] = [];
  for (let step = EVERY; step <= 1_000; step += EVERY) {
    const found = health.numbers(step, { losses: { D: 0.00693, G: 5 }, statistics: {}, ...NUMBERS });
    if (found) seen.push(found.seen);
  }
  expect(seen).toEqual([
    "for 500 steps the discriminator (a) has told real from fake nearly always (its loss is 0.5 % of what guessing costs), and the generator's loss does not come back",
  ]);
});
