/**
 * The best one-to-one assignment of rows to columns, by the Hungarian method (Kuhn 1955, with the shortest augmenting paths of
 * Jonker & Volgenant 1987): as many pairs as the smaller side has, of the largest sum. O(n² m).
 *
 * @param table finite numbers, rows of equal length
 * @returns the column of each row; null for a row without one, where there are more rows than columns
 */
export function bestAssignment(table: readonly (readonly number[])[]): (number | null)[] {
  const [rows, columns] = [table.length, table[0]?.length ?? 0];
  if (rows > columns) {
    const ofColumns = bestAssignment(Array.from({ length: columns }, (_, j) => table.map((row) => row[j])));
    return table.map((_, i) => {
      const column = ofColumns.indexOf(i);
      return column === -1 ? null : column;
    });
  }
  const matching = new Matching(table, columns);
  for (let row = 0; row < rows; row++) matching.add(row);
  return matching.columnOfRow();
}

/** Rows that have been assigned so far; prices make each pair's reduced cost 0 and all others' at least that. */
class Matching {
  readonly #table: readonly (readonly number[])[];
  readonly #rowOfColumn: (number | null)[];
  readonly #rowPrices: number[];
  readonly #columnPrices: number[];

  constructor(table: readonly (readonly number[])[], columns: number) {
    this.#table = table;
    this.#rowOfColumn = new Array<number | null>(columns).fill(null);
    this.#rowPrices = table.map(() => 0);
    this.#columnPrices = new Array<number>(columns).fill(0);
  }

  /** Assigns one row more, along the cheapest path of reassignments that ends in a free column. */
  add(row: number): void {
    const columns = this.#rowOfColumn.length;
    const slack = new Array<number>(columns).fill(Number.POSITIVE_INFINITY);
    const before = new Array<number | null>(columns).fill(null);
    const seen = new Set<number>();
    let from: number | null = null;
    let at: number | null = row;
    while (at !== null) {
      for (let j = 0; j < columns; j++) {
        if (seen.has(j)) continue;
        const cost = -this.#table[at][j] - this.#rowPrices[at] - this.#columnPrices[j];
        if (cost < slack[j]) [slack[j], before[j]] = [cost, from];
      }
      const next = cheapest(slack, seen);
      const step = slack[next];
      this.#rowPrices[row] += step;
      for (const j of seen) {
        const owner = this.#rowOfColumn[j];
        if (owner !== null) this.#rowPrices[owner] += step;
        this.#columnPrices[j] -= step;
      }
      for (let j = 0; j < columns; j++) if (!seen.has(j)) slack[j] -= step;
      seen.add(next);
      from = next;
      at = this.#rowOfColumn[next];
    }
    for (let column = from; column !== null; column = before[column]) {
      const previous = before[column];
      this.#rowOfColumn[column] = previous === null ? row : this.#rowOfColumn[previous];
    }
  }

  columnOfRow(): (number | null)[] {
    return this.#table.map((_, row) => this.#rowOfColumn.indexOf(row));
  }
}

function cheapest(slack: readonly number[], seen: ReadonlySet<number>): number {
  let best = -1;
  for (const [j, cost] of slack.entries()) if (!seen.has(j) && (best === -1 || cost < slack[best])) best = j;
  return best;
}
