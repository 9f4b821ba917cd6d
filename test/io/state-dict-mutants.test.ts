import { readMutants } from './state-dict-mutants';

test('damaged files of PyTorch are refused in one line each, or read: 400 mutants', async () => {
  const { read, refused, wrong } = await readMutants({ count: 400, seed: 1_000_000 });
  expect(wrong).toEqual([]);
  const kinds = Object.values(refused);
  expect(kinds.length).toBeGreaterThan(10);
  expect(read + kinds.reduce((sum, count) => sum + count, 0)).toBe(400);
});
