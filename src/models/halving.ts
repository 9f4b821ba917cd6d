/** How often a size can be halved, down to an odd number or 4, and what it then is: 28 → 14 → 7. */
export function halvings(size: number): { readonly count: number; readonly smallest: number } {
  let [count, smallest] = [0, size];
  while (smallest > 4 && smallest % 2 === 0) {
    smallest /= 2;
    count++;
  }
  return { count, smallest };
}
