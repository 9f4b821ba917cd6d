/**
 * The circles of a directed graph: for each knot of nodes that reach each other the shortest way from its first node back to
 * itself, e.g. `['a', 'b', 'a']`.
 */
export function circles(nodes: readonly string[], targets: (node: string) => readonly string[]): string[][] {
  const known = new Set<string>();
  const found: string[][] = [];
  for (const node of nodes) {
    if (known.has(node)) continue;
    const ways = waysFrom(node, targets);
    const circle = ways.get(node);
    if (circle === undefined) continue;
    found.push(circle);
    for (const other of ways.keys()) if (waysFrom(other, targets).has(node)) known.add(other);
  }
  return found;
}

/** The shortest way from a node to each that can be reached in one step or more, both ends included. */
function waysFrom(start: string, targets: (node: string) => readonly string[]): Map<string, string[]> {
  const ways = new Map<string, string[]>();
  const queue = [[start]];
  for (const way of queue)
    for (const target of targets(way[way.length - 1]))
      if (!ways.has(target)) {
        ways.set(target, [...way, target]);
        queue.push([...way, target]);
      }
  return ways;
}
