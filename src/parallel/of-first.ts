import type { ProcessGroup } from './group';

/**
 * What the first member finds, at every member: a decision that all must take alike, by a clock or a file of one. The others do not run `find`.
 *
 * @returns for others than the first a copy by way of JSON
 */
export function ofFirst<T>(group: ProcessGroup, find: () => T): T {
  if (group.size === 1) return find();
  const first = group.rank === 0;
  const found = first ? find() : undefined;
  const [told] = group.gather(first ? JSON.stringify({ found }) : null);
  return first && found !== undefined ? found : JSON.parse(String(told)).found;
}
