/** Images in which an average that keeps so much a step (0.999) forgets a half, for batches of so many. */
export function halfLife(kept: number, batch: number): number {
  return Math.round((batch * Math.log(0.5)) / Math.log(kept));
}
