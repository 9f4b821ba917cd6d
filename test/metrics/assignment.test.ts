import { bestAssignment } from '../../src/metrics/assignment';

/** All ways to give each of `rows` rows a column of its own; null for those that get none. */
function* assignments(
  rows: number,
  columns: number,
  used: readonly number[] = [],
): Generator<(number | null)[]> {
  if (rows === 0) {
    yield [];
    return;
  }
  for (let j = 0; j < columns; j++)
    if (!used.includes(j))
      for (const rest of assignments(rows - 1, columns, [...used, j])) yield [j, ...rest];
  // A row may go without where columns are fewer: never better than with one, for counts.
  for (const rest of assignments(rows - 1, columns, used)) yield [null, ...rest];
}

function sumOf(table: readonly (readonly number[])[], columns: readonly (number | null)[]): number {
  return columns.reduce<number>((sum, j, i) => sum + (j === null ? 0 : table[i][j]), 0);
}

/** Numbers from 0 to 0.999… that repeat (Park & Miller 1988). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test('of an empty table is empty', () => {
  expect(bestAssignment([])).toEqual([]);
  expect(bestAssignment([[], []])).toEqual([null, null]);
});

test('a greedy choice is not the best one', () => {
  expect(
    bestAssignment([
      [10, 9],
      [9, 1],
    ]),
  ).toEqual([1, 0]);
});

test.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [3, 5],
  [5, 3],
  [1, 6],
  [6, 2],
])('%i × %i: no permutation has a larger sum, among 60 random tables with ties', (rows, columns) => {
  const next = numbers(100 * rows + columns);
  for (let round = 0; round < 60; round++) {
    const most = round % 2 === 0 ? 4 : 1_000;
    const table = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => Math.floor(most * next())),
    );
    const found = bestAssignment(table);
    const taken = found.filter((column) => column !== null);
    expect(taken).toHaveLength(Math.min(rows, columns));
    expect(new Set(taken).size).toBe(taken.length);
    const best = Math.max(...[...assignments(rows, columns)].map((other) => sumOf(table, other)));
    expect(sumOf(table, found)).toBe(best);
  }
});

test('100 × 100 takes back a permutation', () => {
  const table = Array.from({ length: 100 }, (_, i) =>
    Array.from({ length: 100 }, (_, j) => (j === (37 * i + 5) % 100 ? 2 : (i * j) % 2)),
  );
  expect(bestAssignment(table)).toEqual(table.map((_, i) => (37 * i + 5) % 100));
});
