import { Prng } from '../../src/data/prng';

const take = (random: Prng, count: number): number[] => Array.from({ length: count }, () => random.uint32());

describe('Prng', () => {
  test('gives the same stream for the same keys, and another for other keys or another order of them', () => {
    const stream = take(new Prng(1, 2), 8);
    expect(take(new Prng(1, 2), 8)).toEqual(stream);
    for (const keys of [[1], [2, 1], [1, 3], [1, 2, 0], [1 + 2 ** 32, 2]])
      expect(take(new Prng(...keys), 8)).not.toEqual(stream);
  });

  test('starts again at reseed, whatever was drawn before', () => {
    const random = new Prng(9);
    take(random, 5);
    random.reseed(1, 2);
    expect(take(random, 8)).toEqual(take(new Prng(1, 2), 8));
  });

  test('spreads uniform numbers evenly over [0, 1), also across neighbouring keys', () => {
    const bins = new Array(16).fill(0);
    for (let key = 0; key < 16_000; key++) bins[Math.floor(new Prng(5, key).uniform() * 16)]++;
    // Chi-squared with 15 degrees of freedom: above 44.3 in one of ten thousand good generators.
    expect(bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(44.3);
  });

  test('draws bell-shaped numbers with mean 0 and variance 1, within ±3.5', () => {
    const random = new Prng(3);
    const drawn = Array.from({ length: 100_000 }, () => random.bell());
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(drawn.length));
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThan(3.5);
  });

  test('permutes every number once, each equally likely to come first', () => {
    expect([...new Prng(1).permutation(100)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    const firsts = new Array(8).fill(0);
    for (let epoch = 0; epoch < 8_000; epoch++) firsts[new Prng(7, epoch).permutation(8)[0]]++;
    // 7 degrees of freedom, one in ten thousand.
    expect(firsts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(29.9);
  });

  test('permutes nothing and one', () => {
    expect(new Prng(1).permutation(0)).toHaveLength(0);
    expect([...new Prng(1).permutation(1)]).toEqual([0]);
  });
});
