/**
 * The candidate that `word` is most likely a slip of, for "did you mean …?", or null when none is near: at most a third of the
 * letters (and always two) may be added, dropped, changed or swapped with a neighbour (optimal string alignment distance).
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase();
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase());
    const allowed = Math.max(2, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (distance < least && distance <= allowed && distance < candidate.length) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/**
 * What to say after a word that is none of those known: the nearest one in a question, where there is one, and `list`, which says what there is.
 *
 * @param written how a known word is written (as it is)
 */
export function advise(
  word: string,
  known: readonly string[],
  list: string,
  written = (guess: string) => guess,
): string {
  const guess = nearest(word, known);
  return guess === null
    ? `; ${list}`
    : `: did you mean ${written(guess)}? ${list[0].toUpperCase()}${list.slice(1)}`;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2] + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
