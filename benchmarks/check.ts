import { layersOf, parameterCounts } from './networks';
import { passesOf, stepOf } from './steps';
import type { Group, Participant } from './suites';
import type { ByNetwork, Measured } from './task';

/** Counting differs from the formula by no more than this: PyTorch's counter agrees to the last operation. */
const FLOPS_TOLERANCE = 0.01;

/**
 * Why an answer cannot be compared: other networks than the group's, other numbers of passes, or other FLOPs than the formula
 * says; null where it can.
 */
export function whyIncomparable(
  { networks }: Group,
  { task, flops }: Participant,
  measured: Measured,
): string | null {
  if (networks === null || (task.kind !== 'train' && task.kind !== 'sample')) return null;
  const expected = parameterCounts(layersOf(networks));
  if (!same(measured.parameters, expected))
    return `not the same networks: ${describe(measured.parameters)} parameters, where ${describe(expected)} are expected`;
  const passes = passesOf(stepOf(task));
  if (!same(measured.passes, passes))
    return `not the same work: ${describe(measured.passes)} passes a step, where ${describe(passes)} are expected`;
  const counted = measured.flops;
  if (counted !== undefined && flops !== null && Math.abs(counted / flops - 1) > FLOPS_TOLERANCE)
    return `not the same work: PyTorch counts ${giga(counted)} GFLOP a step, where ${giga(flops)} are expected`;
  return null;
}

function same(found: ByNetwork = {}, expected: ByNetwork): boolean {
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...names].every((name) => found[name] === expected[name]);
}

/** `1 generator and 3 discriminator`. */
function describe(counts: ByNetwork = {}): string {
  const all = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const last = all.pop() ?? 'unknown';
  return all.length === 0 ? last : `${all.join(', ')} and ${last}`;
}

function giga(flops: number): string {
  return (flops / 1e9).toFixed(2);
}
