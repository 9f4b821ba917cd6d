let freed = 0;

/** Notes that a backward pass gave back the graphs it went through. */
export function countFreedGraph(): void {
  freed++;
}

/** How often a backward pass gave back its graphs so far: what was computed with one before may not be passed through again. */
export function freedGraphs(): number {
  return freed;
}
